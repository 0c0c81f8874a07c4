import { z } from 'zod';

/** What an account may call. An account without a plan may call as much as it likes. */
export const Plan = z.enum(['free', 'pro', 'enterprise']);
export type Plan = z.infer<typeof Plan>;

/** Calls in a minute and in a calendar month (UTC); null: as many as one likes. */
export interface PlanLimits {
  readonly minute: number | null;
  readonly month: number | null;
}

/** The APIs that have plans, each with a meter of its own. */
export const METERS = {
  faceauth: {
    free: { minute: 100, month: 1_000 },
    pro: { minute: 1_000, month: 10_000 },
    enterprise: { minute: 10_000, month: null },
  },
  facesmash: {
    free: { minute: 10, month: 1_000 },
    pro: { minute: 100, month: 50_000 },
    enterprise: { minute: null, month: null },
  },
} as const satisfies Record<string, Record<Plan, PlanLimits>>;
export type Meter = keyof typeof METERS;
