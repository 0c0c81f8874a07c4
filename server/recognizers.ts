import type { Accounts } from '#core/accounts';
import type { Recognizer } from '#core/recognition';

/** The recognizer as each account uses it: one that allows descriptors has every picture described, too. */
export interface Recognizers {
  of(account: string): Promise<Recognizer>;
}

export const recognizersOf = (recognizer: Recognizer, accounts: Accounts): Recognizers => ({
  async of(account) {
    const { descriptors } = await accounts.get(account);
    if (!descriptors) return recognizer;
    return {
      ...recognizer,
      analyse: (image, options) => recognizer.analyse(image, { ...options, descriptor: true }),
    };
  },
});
