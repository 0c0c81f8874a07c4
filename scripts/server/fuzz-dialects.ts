import { z } from 'zod';
import {
  AccessToken,
  BatchResult,
  CollectionData,
  CollectionsRefusal,
  Comparison,
  DeviceEventPage,
  Enrolled,
  EnrolledFace,
  EnrolledFacePage,
  FaceAuthRefusal,
  FaceMatch,
  FaceSession,
  Health,
  IdentifiedFace,
  ListedDevices,
  OneToNInsert,
  OneToNSearch,
  PageOriginsAnswer,
  PageToken,
  PageVerdict,
  PageVisit,
  Problem,
  Proof,
  Registered,
  Removed,
  smashEnvelope,
  SmashDetection,
  SmashIdentification,
  SmashLogs,
  SmashRefusal,
  SmashRegistered,
  SmashTemplateDeleted,
  SmashTemplates,
  SmashUser,
  SmashUserDeleted,
  SmashUsers,
  SmashVerification,
  SmashWebhook,
  SmashWebhookCreated,
  SmashWebhookDeleted,
  SmashWebhooks,
  UsageReport,
  Verification,
  VerifiedFace,
  type DialectName,
} from '../../contract/index.ts';
import { pick, type Random } from './mutate.ts';

/** What requests are made of. */
export interface Ingredients {
  readonly random: Random;
  /** An encoded image, perhaps spoiled. */
  readonly image: () => Buffer;
  readonly apiKey: string;
  readonly accountId: string;
  /** Of the server, for what a request needs to have asked for before. */
  readonly origin: string;
}

/** A request as it should be, before it is spoiled. */
export interface Wanted {
  readonly path: string;
  readonly json?: Record<string, unknown>;
  readonly form?: Record<string, string | Buffer | readonly (string | Buffer)[]>;
  readonly query?: Record<string, string>;
  /** In place of the credential of its API. */
  readonly headers?: Record<string, string>;
}

export interface FuzzEndpoint {
  readonly method: string;
  readonly make: (given: Ingredients) => Wanted | Promise<Wanted>;
  /** What answers it; null: nothing is in the answer. */
  readonly output: z.ZodType | null;
}

export interface FuzzDialect {
  readonly endpoints: readonly FuzzEndpoint[];
  readonly refusal: z.ZodType;
  /** What stands around an answer. */
  readonly within: (output: z.ZodType) => z.ZodType;
  /** The header by which a request shows who sends it. */
  readonly authentication: (credential: string) => Record<string, string>;
  /** By which a test gets that credential, where it is not the key itself. */
  readonly takesToken?: true;
}

const endpoint = (method: string, output: z.ZodType | null, make: FuzzEndpoint['make']): FuzzEndpoint => ({
  method,
  output,
  make,
});
const asIs = (output: z.ZodType): z.ZodType => output;

const base64 = ({ image }: Ingredients): string => image().toString('base64');
const collection = ({ random }: Ingredients): string =>
  random() < 0.8 ? 'fuzz' : pick(random, ['a', 'b.c']);
const name = ({ random }: Ingredients): string => pick(random, ['ada', 'John Doe', 'রহিম', 'x'.repeat(512)]);
const user = ({ random }: Ingredients): string => pick(random, ['ada', 'bob', '%41', 'x'.repeat(512)]);
const faceId = `face_${'0'.repeat(32)}`;
const at = (id: string): string => encodeURIComponent(id);

const COLLECTIONS = '/api/v1/collections';
const inFaces = (given: Ingredients): string => `${COLLECTIONS}/${collection(given)}/faces`;

const collections: FuzzDialect = {
  authentication: (key) => ({ 'x-api-key': key }),
  refusal: CollectionsRefusal,
  within: (output) => z.object({ success: z.literal(true), data: output }),
  endpoints: [
    endpoint('POST', CollectionData, (given) => ({
      path: COLLECTIONS,
      json: { collection_id: pick(given.random, ['a', 'b.c']), description: 'x', auto_enroll: true },
    })),
    endpoint('GET', null, () => ({ path: COLLECTIONS })),
    endpoint('GET', CollectionData, (given) => ({ path: `${COLLECTIONS}/${collection(given)}` })),
    endpoint('PUT', CollectionData, (given) => ({
      path: `${COLLECTIONS}/${collection(given)}`,
      json: { description: null, auto_enroll: given.random() < 0.5 },
    })),
    endpoint('DELETE', null, (given) => ({ path: `${COLLECTIONS}/${pick(given.random, ['a', 'b.c'])}` })),
    endpoint('POST', EnrolledFace, (given) => ({
      path: inFaces(given),
      form: { image: given.image(), external_id: pick(given.random, ['a', 'b']), metadata: '{"name":"Ada"}' },
    })),
    endpoint('POST', BatchResult, (given) => ({
      path: `${inFaces(given)}/batch`,
      form: {
        'images[]': [given.image(), given.image()],
        'external_ids[]': ['a', 'b'],
        'metadata[]': ['{}', '{'],
        check_liveness: pick(given.random, ['true', 'false']),
      },
    })),
    endpoint('GET', EnrolledFacePage, (given) => ({
      path: inFaces(given),
      query: { page: pick(given.random, ['1', '2', '-1']), page_size: pick(given.random, ['1', '1000', '']) },
    })),
    endpoint('GET', EnrolledFace, (given) => ({ path: `${inFaces(given)}/${faceId}` })),
    endpoint('PUT', EnrolledFace, (given) => ({
      path: `${inFaces(given)}/${faceId}`,
      json: { metadata: { name: 'x' } },
    })),
    endpoint('DELETE', null, (given) => ({ path: `${inFaces(given)}/${faceId}` })),
    endpoint('POST', IdentifiedFace, (given) => ({
      path: `${COLLECTIONS}/${collection(given)}/identify`,
      form: { image: given.image(), threshold: pick(given.random, ['80', '0.8', '101']) },
    })),
    endpoint('POST', VerifiedFace, (given) => ({
      path: `${inFaces(given)}/${faceId}/verify`,
      form: { image: given.image() },
    })),
  ],
};

const faceauth: FuzzDialect = {
  authentication: (key) => ({ 'x-api-key': key }),
  refusal: FaceAuthRefusal,
  within: asIs,
  endpoints: [
    endpoint('POST', Registered, ({ random }) => ({
      path: '/api/v1/register',
      json: { email: `fuzz${Math.floor(random() * 1e9)}@example.com`, name: 'x' },
    })),
    endpoint('POST', Enrolled, (given) => ({
      path: '/api/v1/enroll',
      form: { name: name(given), image: given.image(), image1: given.image() },
    })),
    endpoint('POST', Verification, (given) => ({
      path: '/api/v1/verify',
      form: { name: name(given), image: given.image() },
    })),
    endpoint('POST', Comparison, (given) => ({
      path: '/api/v1/match',
      form: { image1: given.image(), image2: given.image() },
    })),
    endpoint('DELETE', Removed, (given) => ({ path: `/api/v1/enroll/${at(name(given))}` })),
    endpoint('GET', UsageReport, ({ apiKey, random }) => ({
      path: `/api/v1/usage/${random() < 0.7 ? apiKey : 'fa_some_other_key'}`,
    })),
    endpoint('GET', Health, () => ({ path: '/api/v1/health' })),
  ],
};

const WIDGET = '/api/v1/widget';
const SHOP = 'https://shop.example';

/** A token of its own for each page: it may begin twenty visits a minute. None where the origin was taken away meanwhile. */
async function asPage({ origin, apiKey }: Ingredients): Promise<Record<string, string>> {
  const ask = async (method: string, path: string, json: object): Promise<Response> =>
    await fetch(`${origin}${WIDGET}/${path}`, {
      method,
      headers: { 'x-api-key': apiKey, 'content-type': 'application/json' },
      body: JSON.stringify(json),
    });
  await ask('PUT', 'origins', { origins: [SHOP] });
  const answer = await ask('POST', 'tokens', { origin: SHOP, purpose: 'login', user_id: 'ada' });
  const { data } = PageToken.safeParse(await answer.json());
  return { authorization: `Bearer ${data?.token ?? 'none'}`, origin: SHOP };
}

/** A visit that such a page has begun; none where `ada` is paused. */
async function asVisit(given: Ingredients): Promise<Record<string, string>> {
  const headers = { ...(await asPage(given)), 'content-type': 'application/json' };
  const answer = await fetch(`${given.origin}${WIDGET}/visits`, { method: 'POST', headers, body: '{}' });
  const { data } = PageVisit.safeParse(await answer.json());
  return { authorization: `Bearer ${data?.visit ?? 'none'}`, 'sec-fetch-site': 'same-origin' };
}

const moment = ({ random }: Ingredients): unknown =>
  pick(random, [{ kind: 'baseline' }, { kind: 'step', step: 0 }, { kind: 'step', step: 9 }, null]);

const widget: FuzzDialect = {
  ...faceauth,
  endpoints: [
    endpoint('GET', PageOriginsAnswer, () => ({ path: `${WIDGET}/origins` })),
    endpoint('PUT', PageOriginsAnswer, () => ({ path: `${WIDGET}/origins`, json: { origins: [SHOP] } })),
    endpoint('POST', PageToken, ({ random }) => ({
      path: `${WIDGET}/tokens`,
      json: {
        origin: pick(random, [SHOP, 'https://evil.example']),
        purpose: pick(random, ['login', 'enroll']),
        user_id: 'ada',
        uses: 5,
        expires_in: 300,
      },
    })),
    endpoint('DELETE', null, ({ random }) => ({
      path: `${WIDGET}/tokens/${pick(random, ['x', '0'.repeat(32)])}`,
    })),
    endpoint('POST', Proof, () => ({ path: `${WIDGET}/proofs`, json: { proof: 'x'.repeat(43) } })),
    endpoint('POST', PageVisit, async (given) => ({
      path: `${WIDGET}/visits`,
      json: { mode: 'login', user_id: 'ada', avoid: ['nod'] },
      headers: await asPage(given),
    })),
    endpoint('POST', PageVerdict, async (given) => ({
      path: `${WIDGET}/visits/frames`,
      form: {
        frames: JSON.stringify([1, 2].map((captured_at) => ({ captured_at, moment: moment(given) }))),
        'image[]': [given.image(), given.image()],
      },
      headers: await asVisit(given),
    })),
  ],
};

const FACE = '/api/v1/face';
const uqudo: FuzzDialect = {
  authentication: (token) => ({ authorization: `Bearer ${token}` }),
  takesToken: true,
  refusal: Problem,
  within: asIs,
  endpoints: [
    endpoint('POST', AccessToken, ({ accountId, apiKey }) => ({
      path: '/api/oauth/token',
      query: { grant_type: 'client_credentials', client_id: accountId, client_secret: apiKey },
    })),
    endpoint('POST', FaceSession, ({ image }) => ({ path: FACE, form: { idPhoto: image() } })),
    endpoint('POST', FaceMatch, (given) => ({
      path: `${FACE}/${'0'.repeat(36)}/match`,
      json: { image: base64(given), minimumMatchLevel: 3 },
    })),
    endpoint('POST', FaceMatch, (given) => ({
      path: `${FACE}/match`,
      json: { sourceImage: base64(given), targetImage: base64(given), minimumMatchLevel: 3 },
    })),
    endpoint('POST', OneToNSearch, (given) => ({
      path: `${FACE}/one-to-n/search`,
      json: { idPhoto: base64(given), insert: given.random() < 0.3 },
    })),
    endpoint('POST', OneToNInsert, (given) => ({
      path: `${FACE}/one-to-n/insert`,
      json: { idPhoto: base64(given) },
    })),
    endpoint('DELETE', null, () => ({ path: `${FACE}/one-to-n/search/${faceId}` })),
    endpoint('DELETE', null, () => ({ path: `${FACE}/one-to-n/${faceId}` })),
  ],
};

/** As many numbers as a descriptor has, of about its length. */
const descriptor = ({ random }: Ingredients): number[] =>
  Array.from({ length: 128 }, () => (random() - 0.5) * 0.43);
const probe = (given: Ingredients): Record<string, unknown> =>
  given.random() < 0.7 ? { image: base64(given) } : { descriptor: descriptor(given) };
const webhookId = `wh_${'0'.repeat(24)}`;

const facesmash: FuzzDialect = {
  authentication: (key) => ({ authorization: `Bearer ${key}` }),
  refusal: SmashRefusal,
  within: smashEnvelope,
  endpoints: [
    endpoint('POST', SmashRegistered, (given) => ({
      path: '/v1/faces/register',
      json: {
        ...(given.random() < 0.7
          ? { userId: user(given) }
          : { email: pick(given.random, ['a@b.example', 'x@y.example']) }),
        name: 'Ada',
        qualityScore: given.random(),
        lightingConditions: { brightness: 0.5, contrast: 0.5 },
        ...probe(given),
      },
    })),
    endpoint('POST', SmashVerification, (given) => ({
      path: '/v1/faces/verify',
      json: { userId: user(given), lightingScore: 0.5, ...probe(given) },
    })),
    endpoint('POST', SmashIdentification, (given) => ({
      path: '/v1/faces/identify',
      json: { maxResults: pick(given.random, [1, 5, 100]), ...probe(given) },
    })),
    endpoint('POST', SmashDetection, (given) => ({
      path: '/v1/faces/detect',
      json: { image: base64(given) },
    })),
    endpoint('GET', SmashTemplates, (given) => ({ path: `/v1/faces/templates/${at(user(given))}` })),
    endpoint('DELETE', SmashTemplateDeleted, () => ({ path: `/v1/faces/templates/${'0'.repeat(32)}` })),
    endpoint('GET', SmashUsers, ({ random }) => ({
      path: '/v1/users',
      query: {
        page: pick(random, ['1', '2', '0']),
        perPage: pick(random, ['20', '100', '101']),
        sort: 'createdAt',
      },
    })),
    endpoint('GET', SmashUser, (given) => ({ path: `/v1/users/${at(user(given))}` })),
    endpoint('GET', SmashLogs, (given) => ({
      path: `/v1/users/${at(user(given))}/logs`,
      query: { success: pick(given.random, ['true', 'false', '1']) },
    })),
    endpoint('DELETE', SmashUserDeleted, (given) => ({ path: `/v1/users/${at(user(given))}` })),
    endpoint('POST', SmashWebhookCreated, ({ random }) => ({
      path: '/v1/webhooks',
      json: {
        url: pick(random, ['https://receiver.invalid/', 'https://127.0.0.1/', 'http://x/', 'x']),
        events: ['face.verified', 'user.deleted'],
        secret: 'some secret',
      },
    })),
    endpoint('GET', SmashWebhooks, () => ({ path: '/v1/webhooks' })),
    endpoint('POST', SmashWebhook, () => ({ path: `/v1/webhooks/${webhookId}/verify` })),
    endpoint('DELETE', SmashWebhookDeleted, () => ({ path: `/v1/webhooks/${webhookId}` })),
  ],
};

const devices: FuzzDialect = {
  authentication: (key) => ({ authorization: `Bearer ${key}` }),
  refusal: Problem,
  within: asIs,
  endpoints: [
    endpoint('GET', ListedDevices, () => ({ path: '/v1/devices' })),
    endpoint('GET', DeviceEventPage, ({ random }) => ({
      path: '/v1/devices/events',
      query: {
        before: pick(random, ['1', '-1', '9007199254740993']),
        limit: pick(random, ['1', '1000', '1001', '']),
        device_id: `dev_${'0'.repeat(32)}`,
        kind: pick(random, ['decision', 'door-forced', 'Ж']),
        outcome: pick(random, ['granted', 'denied', '%']),
        face_id: faceId,
        external_id: pick(random, ['a', "' OR 1=1"]),
        from: pick(random, ['2026-01-01T00:00:00Z', '0000-01-01T00:00:00+99:99', 'now']),
        until: '2026-12-01T00:00:00+01:00',
      },
    })),
  ],
};

/** The documented APIs besides Realeyes, each with every endpoint of its page; what the widget adds stands by itself. */
export const FUZZ_DIALECTS: Readonly<Record<Exclude<DialectName, 'realeyes'> | 'widget', FuzzDialect>> = {
  uqudo,
  collections,
  faceauth,
  widget,
  facesmash,
  devices,
};
