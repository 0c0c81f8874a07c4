import { EventQuery } from '#contract';
import type { Collaborators } from './collaborators.ts';
import type { HandlersOf } from './dispatcher.ts';

/** What happened here, for an operator. */
export function eventHandlers({ engine }: Collaborators): HandlersOf<'events'> {
  return {
    'events.list': async (query) => ({
      events: await engine.store.events.list(EventQuery.parse(query)),
    }),
  };
}
