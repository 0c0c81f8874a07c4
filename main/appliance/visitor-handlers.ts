import { PRESENT_HOURS } from '#contract';
import { eventOf } from '../doors/index.ts';
import { expectVisitor } from '../visitors/index.ts';
import type { Collaborators } from './collaborators.ts';
import type { HandlersOf } from './dispatcher.ts';

/** Who is expected, and who is here. */
export function visitorHandlers({ engine, events, door }: Collaborators): HandlersOf<'visitors'> {
  const { store } = engine;
  return {
    'visitors.list': async (query) => {
      await events.kept();
      return await store.visitors.list(query);
    },
    'visitors.add': (visitor) => expectVisitor(store, visitor),
    'visitors.sign-out': async ({ visitorId }) => {
      await store.visitors.get(visitorId);
      await events.add({ ...eventOf('visitor-signed-out', door), direction: 'out', visitorId });
      return {};
    },
    'visitors.remove': async ({ visitorId }) => {
      await store.visitors.remove(visitorId);
      return {};
    },
    'visitors.present': async () => {
      await events.kept();
      return { present: await store.visitors.present(new Date(Date.now() - PRESENT_HOURS * 3_600_000)) };
    },
  };
}
