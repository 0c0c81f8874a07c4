import { signal } from '@preact/signals';
import { useLayoutEffect } from 'preact/hooks';

const message = signal('');

/** Tells assistive technology, politely. */
export function announce(text: string): void {
  message.value = text;
}

/** The one live region of the page. */
export function Announcer() {
  return (
    <div class="visually-hidden" role="status" aria-live="polite" data-testid="announcement">
      {message.value}
    </div>
  );
}

/** Names the screen, and the guidance on it, on the page's body. */
export function useScreen(screen: string, guidance?: string): void {
  useLayoutEffect(() => {
    document.body.dataset['screen'] = screen;
    if (guidance === undefined) delete document.body.dataset['guidance'];
    else document.body.dataset['guidance'] = guidance;
  }, [screen, guidance]);
}
