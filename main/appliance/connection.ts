import { createSignIn } from '../operator/index.ts';
import { audited } from './audited.ts';
import { cameraHandlers } from './camera-handlers.ts';
import { cardHandlers } from './card-handlers.ts';
import type { Collaborators } from './collaborators.ts';
import { EventQuery, isForRole, type KeptEvent } from '#contract';
import { createDispatcher, type Dispatch, type Handlers } from './dispatcher.ts';
import { eventHandlers } from './event-handlers.ts';
import { operatorHandlers } from './operator-handlers.ts';
import { operatorsHandlers } from './operators-handlers.ts';
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
  /** Whose role was changed has the new one at once; who was removed is signed out. */
  const signedIn = async () => {
    const { operatorId } = signIn;
    if (operatorId === null) return null;
    const found = await all.operator.find(operatorId);
    if (found === null) signIn.end();
    else signIn.touch();
    return found;
  };
  const visits = visitHandlers(all);
  const handlers: Handlers = {
    ...visits.handlers,
    ...cameraHandlers(all),
    ...cardHandlers(all),
    ...operatorHandlers(all, signIn),
    ...operatorsHandlers(all),
    ...eventHandlers(all),
    ...peopleHandlers(all, async () => (await signedIn())?.role === 'administrator'),
    ...syncHandlers(all),
    ...settingsHandlers(all),
    ...visitorHandlers(all),
  };
  const mayKnow = async ({ visitorId }: Pick<KeptEvent, 'visitorId'>): Promise<boolean> => {
    const found = signIn.operatorId === null ? null : await all.operator.find(signIn.operatorId);
    if (found === null) return false;
    return (
      isForRole('events.list', found.role) ||
      (visitorId !== undefined && isForRole('visitors.list', found.role))
    );
  };
  const leave = all.screens.join(emit);
  // Who passes is no visitor's business: a screen without an operator is told nothing.
  const unlisten = all.events.listen(({ eventId }) => {
    if (signIn.operatorId !== null) void tellAdded(eventId);
  });
  const tellAdded = async (eventId: string): Promise<void> => {
    try {
      const newest = await all.engine.store.events.list(EventQuery.parse({}));
      const event = newest.find((each) => each.eventId === eventId);
      if (event !== undefined && (await mayKnow(event))) emit('events.added', event);
    } catch (error) {
      all.log.error({ err: error }, 'an event was not shown');
    }
  };
  return {
    handle: createDispatcher(audited(handlers, all.recordAsOperator, signIn), signedIn, all.log),
    close: () => {
      leave();
      unlisten();
      signIn.end();
      visits.close();
    },
  };
}
