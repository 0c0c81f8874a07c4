import { z } from 'zod';
import { DisplayName, ShownName } from './text.ts';

/** What an operator is there for. */
export const OPERATOR_ROLES = ['reception', 'auditor', 'administrator'] as const;
export const OperatorRole = z.enum(OPERATOR_ROLES);
export type OperatorRole = z.infer<typeof OperatorRole>;

/** By which the audit log names an operator, after `operator:`. */
export const OperatorId = z.string().regex(/^[a-z0-9-]{1,64}$/);

/** The operator that the first start makes. */
export const FIRST_OPERATOR = { operatorId: 'administrator', name: 'Administrator' } as const;

export const MAX_OPERATORS = 50;

/** An operator as others see them. */
export const ListedOperator = z.object({ operatorId: OperatorId, name: DisplayName, role: OperatorRole });
export type ListedOperator = z.infer<typeof ListedOperator>;

/** Digits; checked in main so that a wrong form and a wrong PIN or code get documented codes. */
export const Pin = z.string().max(64);

const Listed = z.object({ operators: z.array(ListedOperator).max(MAX_OPERATORS) });
const ofOperator = { operatorId: OperatorId };

/** Who operates the appliance, and signing in by a PIN. */
export const OPERATOR_CHANNELS = {
  /** `setupCode` is needed while no administrator has a PIN, afterwards `currentPin`, of the operator who is signed in. */
  'operator.set-pin': {
    access: 'kiosk',
    input: z.strictObject({ pin: Pin, currentPin: Pin.optional(), setupCode: Pin.optional() }),
    /** Whose PIN it is. */
    output: z.object({ operatorId: OperatorId }),
  },
  /** Who may sign in, by name: asked before the PIN. */
  'operator.names': {
    access: 'kiosk',
    input: z.strictObject({}),
    output: z.object({ operators: z.array(ListedOperator.omit({ role: true })).max(MAX_OPERATORS) }),
  },
  /** `operatorId` may be left out where there is one operator. */
  'operator.login': {
    access: 'kiosk',
    input: z.strictObject({ pin: Pin, operatorId: OperatorId.optional() }),
    output: z.object({ operator: ListedOperator }),
  },
  'operator.logout': { access: 'kiosk', input: z.strictObject({}), output: z.strictObject({}) },
  'operators.list': { access: 'operator', input: z.strictObject({}), output: Listed },
  'operators.add': {
    access: 'operator',
    input: z.strictObject({ name: DisplayName, role: OperatorRole, pin: Pin }),
    output: Listed,
  },
  'operators.set-role': {
    access: 'operator',
    input: z.strictObject({ ...ofOperator, role: OperatorRole }),
    output: Listed,
  },
  'operators.set-pin': {
    access: 'operator',
    input: z.strictObject({ ...ofOperator, pin: Pin }),
    output: Listed,
  },
  'operators.remove': { access: 'operator', input: z.strictObject(ofOperator), output: Listed },
  /** Lines of the audit log, the newest first. */
  'audit.list': {
    access: 'operator',
    input: z.strictObject({ before: z.int().positive().nullable().default(null) }),
    output: z.object({
      lines: z.array(
        z.object({
          n: z.int().positive(),
          at: z.iso.datetime(),
          actor: z.string(),
          kind: z.string(),
          /** Whom it is about, by name or key, as long as they are enrolled. */
          name: ShownName.nullable(),
          /** The rest of the entry, as JSON. */
          details: z.string(),
        }),
      ),
    }),
  },
} as const;
