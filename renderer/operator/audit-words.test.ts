import { expect, it } from 'vitest';
import { AuditEntry } from '#contract';
import { auditWords } from './audit-words.ts';

it('puts entries into words, and leaves those of a newer version as they are', () => {
  expect(
    [
      ['signed-in', '{}'],
      ['enrolled', '{"faceId":"face_0"}'],
      ['settings-changed', '{"changes":{"sound":false,"threshold":90}}'],
      ['exported', '{"what":"backup","faceId":null}'],
      // Of a newer version.
      ['exported', '{"what":"all"}'],
      ['door-painted', '{"doorId":null}'],
    ].map(([kind = '', details = '']) => auditWords({ kind, details })),
  ).toEqual([
    'Signed in',
    'Enrolled a person',
    'Changed settings: sound, threshold',
    'Made a backup',
    null,
    null,
  ]);
});

/** What only a server records. */
const OF_SERVERS: ReadonlySet<string> = new Set([
  'descriptor-added',
  'descriptor-removed',
  'pairings-refused',
  'device-paired',
  'device-policy-set',
  'device-revoked',
  'session-claimed',
  'session-decided',
  'account-created',
  'account-plan-set',
  'account-descriptors-set',
  'account-events-kept',
  'api-key-added',
  'api-key-removed',
  'faces-merged',
  'webhook-added',
  'webhook-removed',
  'webhook-failing',
  'webhook-resumed',
  'page-origins-set',
  'requests-refused',
  'epoch-destroyed',
]);

const DETAILS = { exported: '{"what":"backup"}', 'settings-changed': '{"changes":{}}' };

it.each(AuditEntry.options.map(({ shape }) => shape.kind.value).filter((kind) => !OF_SERVERS.has(kind)))(
  'has words for what an appliance records: %s',
  (kind) => {
    const details = kind in DETAILS ? DETAILS[kind as keyof typeof DETAILS] : '{}';
    expect(auditWords({ kind, details })).toMatch(/^[A-Z]/);
  },
);
