/** What Chromium alone offers before a page is installed. */
interface InstallPrompt extends Event {
  prompt(): Promise<unknown>;
}

/** Registers the service worker, and shows the button that installs the page where the browser offers it. */
export async function offerInstall(button: HTMLButtonElement): Promise<void> {
  addEventListener('beforeinstallprompt', (event) => {
    event.preventDefault();
    button.hidden = false;
    const ask = (): void => {
      button.hidden = true;
      void (event as InstallPrompt).prompt();
    };
    button.addEventListener('click', ask, { once: true });
  });
  // While the page is developed, a cache would only show what was.
  if (import.meta.env.PROD) await navigator.serviceWorker.register('/service-worker.js', { type: 'module' });
}
