import type { SignIn } from '../operator/index.ts';
import type { Collaborators } from './collaborators.ts';
import type { HandlersOf } from './dispatcher.ts';

/** An operator's PIN, and signing in by it at one screen. */
export function operatorHandlers(
  { operator, guard, screens }: Collaborators,
  signIn: SignIn,
): HandlersOf<'operator'> {
  return {
    'operator.set-pin': async ({ pin, currentPin, setupCode }) => {
      const operatorId = signIn.operatorId ?? undefined;
      const who = await operator.setPin(pin, { operatorId, currentPin, setupCode });
      await screens.announce();
      return { operatorId: who.operatorId };
    },

    'operator.names': async () => ({
      operators: (await operator.list()).map(({ operatorId, name }) => ({ operatorId, name })),
    }),

    'operator.login': async ({ pin, operatorId }) => {
      const who = await operator.verify(pin, operatorId);
      signIn.start(who.operatorId);
      await guard.forgive();
      await screens.announce();
      return { operator: who };
    },

    'operator.logout': async () => {
      signIn.end();
      return {};
    },
  };
}
