import type { Parts } from './parts.ts';

/** One concern of synchronisation, for the records of one account. */
export abstract class AccountPart {
  protected readonly parts: Parts;
  protected readonly account: string;

  constructor(parts: Parts, account: string) {
    this.parts = parts;
    this.account = account;
  }
}
