/** What people read of a documented API of the server, and where it is. */
export interface DialectDescription {
  readonly name: string;
  /** Everything below these paths is its own. */
  readonly prefixes: readonly string[];
  /** Where its page is; its OpenAPI document is beside it, as `json` and `yaml`. */
  readonly page: string;
  readonly title: string;
  readonly description: string;
  /** How a request shows who sends it. */
  readonly authentication: string;
}

/**
 * All documented APIs of the server. What needs one thing for each API (routes, documents, fuzzing, conformance) is keyed by
 * {@link DialectName}, so that an API that is added here is asked for there by the compiler.
 */
export const DIALECTS = {
  realeyes: {
    name: 'Realeyes',
    prefixes: ['/v1/collection', '/v1/face', '/v1/external-key', '/v1/healthz'],
    page: '/swagger',
    title: 'Lintel Face Recognition API',
    description: 'Search, index and manage faces in collections.',
    authentication: 'Authorization: ApiKey or Bearer, and the key',
  },
  collections: {
    name: 'Collection enrolment',
    prefixes: ['/api/v1/collections'],
    page: '/docs/collections',
    title: 'Lintel Collection Enrolment API',
    description: 'Enrol faces into collections, with an identifier of your own and metadata.',
    authentication: 'X-API-Key: the key',
  },
  faceauth: {
    name: 'FaceAuth',
    prefixes: ['/api/v1'],
    page: '/docs/faceauth',
    title: 'Lintel FaceAuth API',
    description: 'Passwordless face authentication: enrol users, then verify them with a picture.',
    authentication: 'X-API-Key, Authorization: Bearer, or the form field api_key',
  },
  uqudo: {
    name: 'Uqudo',
    prefixes: ['/api/oauth', '/api/v1/face'],
    page: '/docs/uqudo',
    title: 'Lintel Uqudo Face API',
    description: 'Compare faces, and find, insert and remove them among all of the account.',
    authentication:
      'OAuth client credentials: the account’s id, and the key as its secret; then Authorization: Bearer, and the token',
  },
  facesmash: {
    name: 'FaceSmash',
    prefixes: ['/v1/faces', '/v1/users', '/v1/webhooks'],
    page: '/docs/facesmash',
    title: 'Lintel FaceSmash API',
    description: 'Register, verify and identify users by their faces; sign-in logs and webhooks.',
    authentication: 'Authorization: Bearer, and the key',
  },
  devices: {
    name: 'Devices',
    prefixes: ['/v1/devices'],
    page: '/docs/devices',
    title: 'Lintel Devices API',
    description: 'The appliances of the account, and what happened there.',
    authentication: 'Authorization: ApiKey or Bearer, and a key with the scope admin',
  },
} as const satisfies Record<string, DialectDescription>;

export type DialectName = keyof typeof DIALECTS;

/** Those that work with faces. */
export type FaceDialectName = Exclude<DialectName, 'devices'>;
