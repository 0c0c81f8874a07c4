import { createSignIn } from '../operator/index.ts';
import { audited } from './audited.ts';
import { cameraHandlers } from './camera-handlers.ts';
import type { Collaborators } from './collaborators.ts';
import { EventQuery } from '#contract';
import { createDispatcher, type Dispatch, type Handlers } from './dispatcher.ts';
import { eventHandlers } from './event-handlers.ts';
import { operatorHandlers } from './operator-handlers.ts';
import { peopleHandlers } from './people-handlers.ts';
import { settingsHandlers } from './settings-handlers.ts';
import { syncHandlers } from './sync-handlers.ts';
import { visitHandlers } from './visit-handlers.ts';
import { visitorHandlers } from './visitor-handlers.ts';
import type { Emit } from './screens.ts';

/** One screen: its own sign-in, its own visits. */
export interface KioskConnection {
  /** Answers a request of the kiosk contract; never rejects. */
  readonly handle: Dispatch;
  close(): void;
}

/** @param emit sends an event to the screen */
export function connect(all: Collaborators, emit: Emit): KioskConnection {
  const signIn = createSignIn(() => emit('operator.signed-out', {}));
  const visits = visitHandlers(all);
  const handlers: Handlers = {
    ...visits.handlers,
    ...cameraHandlers(all),
    ...operatorHandlers(all, signIn),
    ...eventHandlers(all),
    ...peopleHandlers(all),
    ...syncHandlers(all),
    ...settingsHandlers(all),
    ...visitorHandlers(all),
  };
  const isOperator = (): boolean => {
    signIn.touch();
    return signIn.active;
  };
  const leave = all.screens.join(emit);
  // Who passes is no visitor's business: a screen without an operator is told nothing.
  const unlisten = all.events.listen(({ eventId }) => {
    if (signIn.active) void tellAdded(eventId);
  });
  const tellAdded = async (eventId: string): Promise<void> => {
    try {
      const newest = await all.engine.store.events.list(EventQuery.parse({}));
      const event = newest.find((each) => each.eventId === eventId);
      if (event !== undefined && signIn.active) emit('events.added', event);
    } catch (error) {
      all.log.error({ err: error }, 'an event was not shown');
    }
  };
  return {
    handle: createDispatcher(audited(handlers, all.recordAsOperator), isOperator, all.log),
    close: () => {
      leave();
      unlisten();
      signIn.end();
      visits.close();
    },
  };
}
