import { signal } from '@preact/signals';
import { WidgetOrder, type ChallengeStep, type WidgetNews } from '#contract';

/** The page around this frame. Its origin is what the server let in: browsers show the frame in no other. */
const origin = new URLSearchParams(location.search).get('origin') ?? '';

/** What the page wants; null before it said so. */
export const settings = signal<Omit<Extract<WidgetOrder, { widget: 'settings' }>, 'widget'> | null>(null);

const waiting = new Map<number, (answer: unknown) => void>();
let count = 0;

export const tell = (news: WidgetNews): void => parent.postMessage(news, origin);

/** Lets the page begin a visit, whose request carries the page's origin and token. @returns what the server answered */
export function askToBegin(avoid: readonly ChallengeStep[]): Promise<unknown> {
  const id = ++count;
  return new Promise((resolve) => {
    waiting.set(id, resolve);
    tell({ widget: 'begin', id, avoid });
  });
}

/** Listens to the page, and to nothing else, from now on. */
export function listenToPage(): void {
  addEventListener('message', (event: MessageEvent<unknown>) => {
    if (event.source !== parent || event.origin !== origin) return;
    const order = WidgetOrder.safeParse(event.data).data;
    if (order?.widget === 'settings') settings.value = order;
    if (order?.widget === 'begun') {
      waiting.get(order.id)?.(order.answer);
      waiting.delete(order.id);
    }
  });
  tell({ widget: 'ready' });
}
