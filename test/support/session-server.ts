import { lintel, type Installation } from './appliance.ts';
import { form, openServer, send, type Answer } from './server.ts';

/** An API client with its access token. */
export interface ApiClient {
  readonly accountId: string;
  readonly token: string;
}

/** A server in this process, whose clients open face sessions. */
export interface SessionServer {
  readonly origin: string;
  readonly installation: Installation;
  readonly own: ApiClient;
  /** Of another account. */
  readonly other: ApiClient;
  readonly call: (client: ApiClient, target: string, body?: unknown) => Promise<Answer>;
  /** @returns the id of the session */
  readonly open: (photo: Uint8Array) => Promise<string>;
  readonly resultOf: (sessionId: string) => Promise<unknown>;
  /** @returns the code by which an appliance joins */
  readonly invite: (client: ApiClient) => Promise<string>;
  readonly close: () => Promise<void>;
}

export async function startSessionServer(): Promise<SessionServer> {
  const server = await openServer();
  const { installation } = server;
  const clientOf = async (accountId: string, apiKey: string): Promise<ApiClient> => {
    const grant = { grant_type: 'client_credentials', client_id: accountId, client_secret: apiKey };
    const { body } = await send(server, 'POST /api/oauth/token', {
      authorization: null,
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      body: new URLSearchParams(grant).toString(),
    });
    return { accountId, token: String(body['access_token']) };
  };
  const call: SessionServer['call'] = (client, target, body) =>
    send(server, target, { authorization: `Bearer ${client.token}`, ...(body !== undefined && { body }) });
  const own = await clientOf(server.accountId, server.apiKey);
  const { accountId, apiKey } = await server.newCredentials('other');
  const other = await clientOf(accountId, apiKey);
  return {
    origin: server.origin,
    installation,
    own,
    other,
    call,
    open: async (photo) => {
      const { body } = await call(own, 'POST /api/v1/face', form({ idPhoto: photo }));
      return String(body['sessionId']);
    },
    resultOf: async (sessionId) => (await call(own, `GET /api/v1/face/${sessionId}/result`)).body,
    invite: async ({ accountId }) => {
      const { answer } = await lintel(installation, 'device', 'invite', '--account', accountId);
      return String(answer['code']);
    },
    close: () => server.remove(),
  };
}
