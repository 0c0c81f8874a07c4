import { AsyncLocalStorage } from 'node:async_hooks';
import type { Actor } from '#contract';

const atWork = new AsyncLocalStorage<Actor>();

/** While `work` runs, what is recorded as the operator's is recorded as of this one. */
export const asOperator = <T>(operatorId: string, work: () => Promise<T>): Promise<T> =>
  atWork.run(`operator:${operatorId}`, work);

/** An actor as the audit log names them. */
export const named = (actor: Actor): Actor => (actor === 'operator' ? (atWork.getStore() ?? actor) : actor);
