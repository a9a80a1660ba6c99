// A service worker of an app: a target and tokens of its own.
import { deliverInBackground, httpTarget } from './sdk/service-worker.js';

deliverInBackground({
  target: httpTarget('/v1', {
    headers: async ({ sessionId }) => {
      const token = await (await fetch(`/control/token/worker/${sessionId}`)).json();
      return { authorization: `Bearer ${token}` };
    },
  }),
});
