import { createRoot } from 'react-dom/client';
import { Conversation } from './conversation.tsx';

const root = document.querySelector('#root');
if (root) createRoot(root).render(<Conversation />);
