import type { SignIn } from '../operator/index.ts';
import type { Collaborators } from './collaborators.ts';
import type { HandlersOf } from './dispatcher.ts';

/** The operator's PIN, and signing in by it at one screen. */
export function operatorHandlers(
  { operator, guard, screens }: Collaborators,
  signIn: SignIn,
): HandlersOf<'operator'> {
  return {
    'operator.set-pin': async ({ pin, currentPin, setupCode }) => {
      await operator.setPin(pin, { currentPin, setupCode });
      await screens.announce();
      return {};
    },

    'operator.login': async ({ pin }) => {
      await operator.verify(pin);
      signIn.start();
      await guard.forgive();
      await screens.announce();
      return {};
    },

    'operator.logout': async () => {
      signIn.end();
      return {};
    },
  };
}
