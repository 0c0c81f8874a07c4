import type { KIOSK_CHANNELS, KioskChannel } from './kiosk.ts';
import type { OperatorRole } from './operators.ts';

/** Channels that need a signed-in operator. */
export type OperatorChannel = {
  [C in KioskChannel]: (typeof KIOSK_CHANNELS)[C]['access'] extends 'operator' ? C : never;
}[KioskChannel];

const DESK = ['reception', 'administrator'] as const;
const AUDIT = ['auditor', 'administrator'] as const;
const ADMINISTRATION = ['administrator'] as const;

/** The roles that each channel is for. Reception has people and visitors, the auditor reads, the administrator has all. */
export const CHANNEL_ROLES: Readonly<Record<OperatorChannel, readonly OperatorRole[]>> = {
  'cameras.state': ADMINISTRATION,
  'cameras.confirm': ADMINISTRATION,
  'cameras.find-turn': ADMINISTRATION,
  'people.list': DESK,
  'people.enrol': DESK,
  'people.read-list': DESK,
  'people.import': DESK,
  'people.check-pictures': DESK,
  'people.try': DESK,
  'people.add-pictures': DESK,
  'people.edit': DESK,
  'people.pictures': DESK,
  'people.forget-automatic': DESK,
  'people.give-code': DESK,
  'people.withdraw': DESK,
  'people.remove': DESK,
  'collections.list': DESK,
  'cards.issue': DESK,
  'cards.list': DESK,
  'cards.revoke': DESK,
  'visitors.list': DESK,
  'visitors.add': DESK,
  'visitors.sign-out': DESK,
  'visitors.remove': DESK,
  'visitors.present': DESK,
  'events.list': AUDIT,
  'audit.list': AUDIT,
  'sync.status': ADMINISTRATION,
  'sync.join': ADMINISTRATION,
  'sync.leave': ADMINISTRATION,
  'sync.now': ADMINISTRATION,
  'sync.resolve': ADMINISTRATION,
  'sync.confirm-removals': ADMINISTRATION,
  'sync.retry': ADMINISTRATION,
  'store.settle-set-back': ADMINISTRATION,
  'settings.update': ADMINISTRATION,
  'operators.list': ADMINISTRATION,
  'operators.add': ADMINISTRATION,
  'operators.set-role': ADMINISTRATION,
  'operators.set-pin': ADMINISTRATION,
  'operators.remove': ADMINISTRATION,
};

/** Whether an operator of a role may use a channel. */
export const isForRole = (channel: OperatorChannel, role: OperatorRole): boolean =>
  CHANNEL_ROLES[channel].includes(role);
