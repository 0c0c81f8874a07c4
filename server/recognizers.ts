import type { Accounts } from '#core/accounts';
import type { Recognizer } from '#core/recognition';

/** The recognizer as each account uses it: one that allows descriptors has every picture described, too. */
export class Recognizers {
  readonly #recognizer: Recognizer;
  readonly #accounts: Accounts;

  constructor(recognizer: Recognizer, accounts: Accounts) {
    this.#recognizer = recognizer;
    this.#accounts = accounts;
  }

  async of(account: string): Promise<Recognizer> {
    const { descriptors } = await this.#accounts.get(account);
    const recognizer = this.#recognizer;
    if (!descriptors) return recognizer;
    return {
      ...recognizer,
      analyse: (image, options) => recognizer.analyse(image, { ...options, descriptor: true }),
    };
  }
}
