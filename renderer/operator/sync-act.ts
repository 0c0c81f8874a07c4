import type { KioskChannel, KioskInput } from '#contract';

/** Requests that answer with how the device stands afterwards. */
export type SyncChannel = Extract<KioskChannel, `sync.${string}`>;

/** Sends a request, shows the new state, and announces `done` when it succeeded. */
export type Act = <C extends SyncChannel>(channel: C, input: KioskInput<C>, done: string) => Promise<void>;
