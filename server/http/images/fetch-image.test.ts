import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { IMAGE_LIMITS } from '#contract';
import { createImageFetcher, type FetchOptions } from './fetch-image.ts';
import { isPublicAddress } from '#core/outbound';

const JPEG = Buffer.from([0xff, 0xd8, 0xff, 1, 2, 3]);
const FAILED = { code: 'image-url-failed' };

let server: Server;
let port: number;
/** Requests that reached the server: what is refused must never get that far. */
let reached: string[];
let answer: (request: IncomingMessage, response: ServerResponse) => void;

const image = (response: ServerResponse, headers: object = {}): void => {
  response.writeHead(200, { 'content-type': 'image/jpeg', ...headers }).end(JPEG);
};

/** As in use, but names resolve to what a test says, and this one server counts as public. */
function fetcher(names: Record<string, string[]>, options: FetchOptions = {}) {
  const fetchImage = createImageFetcher({
    resolve: async (host) => names[host] ?? [],
    isAllowed: (address) => address === '127.0.0.1' || isPublicAddress(address),
    ports: [port],
    ...options,
  });
  return (url: string, account = 'a') => fetchImage(url, account);
}
const PUBLIC = { 'public.example': ['127.0.0.1'] };

beforeAll(async () => {
  server = createServer((request, response) => {
    reached.push(`${request.headers.host}${request.url}`);
    answer(request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  ({ port } = server.address() as AddressInfo);
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
});
beforeEach(() => {
  reached = [];
  answer = (_request, response) => image(response);
});

describe('an image', () => {
  it('comes from a public address, under the name that was asked for', async () => {
    const bytes = await fetcher(PUBLIC)(`http://public.example:${port}/a.jpg?b=c`);
    expect(Buffer.from(bytes)).toEqual(JPEG);
    expect(reached).toEqual([`public.example:${port}/a.jpg?b=c`]);
  });

  it('comes over a redirect to a public address', async () => {
    answer = (request, response) => {
      if (request.url === '/a') response.writeHead(302, { location: '/b' }).end();
      else image(response);
    };
    expect(Buffer.from(await fetcher(PUBLIC)(`http://public.example:${port}/a`))).toEqual(JPEG);
    expect(reached).toHaveLength(2);
  });
});

describe('an address that is not public is refused before a connection', () => {
  // The real rule: nothing is allowed but public addresses.
  const strict = (url: string) => {
    const names: Record<string, string[]> = {
      'private.example': ['127.0.0.1'],
      'mixed.example': ['93.184.215.14', '127.0.0.1'],
    };
    return createImageFetcher({ resolve: async (host) => names[host] ?? [], ports: [port] })(url, 'a');
  };

  it.each([
    ['loopback', '127.0.0.1'],
    ['another loopback', '127.8.8.8'],
    ['this host', '0.0.0.0'],
    ['private', '10.0.0.1'],
    ['private', '192.168.0.1'],
    ['link-local, where clouds keep credentials', '169.254.169.254'],
    ['IPv6 loopback', '[::1]'],
    ['IPv6-mapped', '[::ffff:127.0.0.1]'],
    ['IPv6-mapped, hexadecimal', '[::ffff:7f00:1]'],
    ['IPv6 unique local', '[fd00::1]'],
    ['decimal', '2130706433'],
    ['octal', '0177.0.0.1'],
    ['hexadecimal', '0x7f.1'],
    ['short', '127.1'],
    ['full-width digits', '１２７.０.０.１'],
    ['a name that resolves private', 'private.example'],
    ['a name that resolves public and private', 'mixed.example'],
    ['a name that does not resolve', 'nowhere.example'],
  ])('%s: %s', async (_kind, host) => {
    await expect(strict(`http://${host}:${port}/`)).rejects.toMatchObject(FAILED);
    expect(reached).toEqual([]);
  });

  it('localhost, by the resolver of this machine', async () => {
    await expect(
      createImageFetcher({ ports: [port] })(`http://localhost:${port}/`, 'a'),
    ).rejects.toMatchObject(FAILED);
    expect(reached).toEqual([]);
  });

  it.each(['ftp://public.example/', 'file:///etc/passwd', 'data:image/png;base64,AA', 'x', ''])(
    'what is not http: %s',
    async (url) => {
      await expect(fetcher(PUBLIC)(url)).rejects.toMatchObject(FAILED);
    },
  );

  it('credentials in an address', async () => {
    await expect(fetcher(PUBLIC)(`http://a:b@public.example:${port}/`)).rejects.toMatchObject(FAILED);
    expect(reached).toEqual([]);
  });
});

describe('a redirect', () => {
  it.each([
    'http://169.254.169.254/latest',
    'http://[::1]/',
    'http://private.example/',
    'file:///etc/passwd',
  ])('to %s is not followed', async (location) => {
    answer = (_request, response) => response.writeHead(302, { location }).end();
    const names = { ...PUBLIC, 'private.example': ['10.0.0.1'] };
    await expect(fetcher(names)(`http://public.example:${port}/`)).rejects.toMatchObject(FAILED);
    expect(reached).toHaveLength(1);
  });

  it('is followed three times at most', async () => {
    answer = (_request, response) => response.writeHead(302, { location: '/again' }).end();
    await expect(fetcher(PUBLIC)(`http://public.example:${port}/`)).rejects.toMatchObject(FAILED);
    expect(reached).toHaveLength(4);
  });
});

it('connects to the address that was checked, though the name points elsewhere a moment later', async () => {
  const answers = [['127.0.0.1'], ['10.0.0.1']];
  let asked = 0;
  const fetchImage = fetcher({}, { resolve: async () => answers[asked++]! });
  expect(Buffer.from(await fetchImage(`http://rebinding.example:${port}/`))).toEqual(JPEG);
  expect(asked).toBe(1);
});

it('is told to come back when too many are on their way', async () => {
  const gate = Promise.withResolvers<void>();
  answer = (_request, response) => void gate.promise.then(() => image(response));
  const fetchImage = fetcher(PUBLIC);
  const url = `http://public.example:${port}/`;
  const running = Array.from({ length: 16 }, (_, i) => fetchImage(url, `account-${i % 4}`));
  await expect(fetchImage(url, 'another')).rejects.toMatchObject({ code: 'busy' });
  gate.resolve();
  await Promise.all(running);
  expect(Buffer.from(await fetchImage(url))).toEqual(JPEG);
});

it('of one account takes up a part of those under way only', async () => {
  const gate = Promise.withResolvers<void>();
  answer = (_request, response) => void gate.promise.then(() => image(response));
  const fetchImage = fetcher(PUBLIC);
  const url = `http://public.example:${port}/`;
  const running = Array.from({ length: 4 }, () => fetchImage(url));
  await expect(fetchImage(url)).rejects.toMatchObject({ code: 'busy' });
  const other = fetchImage(url, 'b');
  gate.resolve();
  await Promise.all([...running, other]);
  expect(Buffer.from(await fetchImage(url))).toEqual(JPEG);
});

describe('a port', () => {
  const ports = [80, 443];

  it('that no web server has is not asked, also by a redirect', async () => {
    await expect(fetcher(PUBLIC, { ports })(`http://public.example:${port}/`)).rejects.toMatchObject(FAILED);
    expect(reached).toEqual([]);
    const location = 'http://public.example:22/';
    answer = (_request, response) => response.writeHead(302, { location }).end();
    const resolved: string[] = [];
    const resolve = async (host: string) => (resolved.push(host), ['127.0.0.1']);
    const fetchImage = fetcher({}, { ports: [port], resolve });
    await expect(fetchImage(`http://public.example:${port}/`)).rejects.toMatchObject(FAILED);
    expect(resolved).toHaveLength(1);
  });

  it.each(['http://public.example/', 'https://public.example/', 'http://public.example:443/'])(
    'of web servers is taken without being set: %s',
    async (url) => {
      const resolved: string[] = [];
      const resolve = async (host: string) => (resolved.push(host), []);
      await expect(fetcher({}, { ports, resolve })(url)).rejects.toMatchObject(FAILED);
      expect(resolved).toEqual(['public.example']);
    },
  );
});

describe('a body', () => {
  const fetchIt = (options: FetchOptions = {}) => fetcher(PUBLIC, options)(`http://public.example:${port}/`);

  it('without end is cut off at 10 MB', async () => {
    let sent = 0;
    answer = (_request, response) => {
      response.writeHead(200, { 'content-type': 'image/jpeg' });
      const more = (): void => {
        while (!response.destroyed && response.write(Buffer.alloc(1 << 16))) sent += 1 << 16;
      };
      response.on('drain', more);
      more();
    };
    await expect(fetchIt()).rejects.toMatchObject(FAILED);
    expect(sent).toBeLessThan(IMAGE_LIMITS.bytes + 20_000_000);
  });

  it('that says it is too large is not read', async () => {
    answer = (_request, response) => {
      response.writeHead(200, { 'content-type': 'image/jpeg', 'content-length': IMAGE_LIMITS.bytes + 1 });
      response.write(JPEG);
    };
    await expect(fetchIt()).rejects.toMatchObject(FAILED);
  });

  it('that trickles is given up when the time is up', async () => {
    answer = (_request, response) => {
      response.writeHead(200, { 'content-type': 'image/jpeg' });
      const timer = setInterval(() => response.write('x'), 20);
      response.on('close', () => clearInterval(timer));
    };
    await expect(fetchIt({ timeoutMilliseconds: 300 })).rejects.toMatchObject(FAILED);
  });

  it('that never comes, and a name that is never resolved, are given up as well', async () => {
    answer = () => undefined;
    await expect(fetchIt({ timeoutMilliseconds: 200 })).rejects.toMatchObject(FAILED);
    const resolve = (): Promise<never> => new Promise(() => undefined);
    await expect(fetchIt({ timeoutMilliseconds: 200, resolve })).rejects.toMatchObject(FAILED);
  });

  it.each([
    ['a page', 200, { 'content-type': 'text/html' }],
    ['compressed', 200, { 'content-encoding': 'gzip' }],
    ['a failure', 500, {}],
    ['nothing', 204, {}],
  ])('that is no image is refused: %s', async (_kind, status, headers) => {
    answer = (_request, response) => {
      response.writeHead(status, { 'content-type': 'image/jpeg', ...headers }).end(JPEG);
    };
    await expect(fetchIt()).rejects.toMatchObject(FAILED);
  });
});
