import { putIdsInOrder } from './ids-in-order.mjs';

putIdsInOrder('down');
