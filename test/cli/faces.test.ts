import { once } from 'node:events';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { basename, dirname, join } from 'node:path';
import sharp from 'sharp';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { PICTURE_WORDS } from '#contract';
import { lintel, said } from '../support/appliance.ts';
import { newPortraitInstallation, type PortraitInstallation } from '../support/portrait-files.ts';

let installation: PortraitInstallation;

const staff = (command: string, ...words: string[]) =>
  lintel(installation, command, '--collection', 'staff', ...words);

beforeAll(async () => {
  installation = await newPortraitInstallation();
  await staff('enrol', '--key', 'e-1', '--name', 'Robin Núñez', installation.robin[0]);
  await staff('enrol', '--key', 'e-2', '--name', 'Sasha Groß', installation.sasha);
});
afterAll(() => installation.remove());

it('finds faces by words of a name or key, however they are spelled', async () => {
  for (const [words, names] of [
    ['nunez robin', ['Robin Núñez']],
    ['GROSS', ['Sasha Groß']],
    ['e-2', ['Sasha Groß']],
    ['nobody', []],
  ] as const) {
    const { status, answer } = await staff('faces', '--search', words);
    expect([words, status, answer]).toMatchObject([
      words,
      0,
      { total: names.length, faces: names.map((name) => ({ metadata: { name } })) },
    ]);
  }
});

it('notes groups and validity at the enrolment, and refuses a group that is none', async () => {
  const given = ['--groups', 'staff,night', '--valid-from', '2026-12-01', '--valid-until', '2026-12-31'];
  const enrol = (...words: string[]) =>
    lintel(installation, 'enrol', '--collection', 'others', ...words, installation.robin[0]);
  expect(await enrol('--key', 'e-1', ...given)).toMatchObject({ status: 0 });
  const access = { groups: ['staff', 'night'], validFrom: '2026-12-01', validUntil: '2026-12-31' };
  expect(await lintel(installation, 'show', '--collection', 'others', '--key', 'e-1')).toMatchObject({
    answer: { face: { metadata: { access } } },
  });
  expect(await enrol('--groups', 'no group')).toMatchObject({ answer: { error: { code: 'usage' } } });
});

it('shows a face by its key', async () => {
  expect(await staff('show', '--key', 'e-1')).toMatchObject({
    status: 0,
    answer: {
      face: { externalKey: 'e-1', metadata: { name: 'Robin Núñez' }, referenceCount: 1 },
      expectedMissRate: 0.11,
    },
  });
  expect(await staff('show', '--key', 'e-9')).toMatchObject({
    status: 2,
    answer: { error: { code: 'face-not-found' } },
  });
  expect(await staff('show')).toMatchObject({ status: 2, answer: { error: { code: 'usage' } } });
});

it('says how many faces a picture that is added shows, and refuses one of a couple', async () => {
  const [width, height] = [500, 600];
  const beside = async (scale: number, name: string): Promise<string> => {
    const input = await sharp(await readFile(installation.sasha))
      .resize(width * scale, height * scale, { fit: 'cover' })
      .toBuffer();
    const both = sharp(await readFile(installation.robin[1]))
      .resize(width, height, { fit: 'cover' })
      .extend({ right: width, background: '#777' })
      .composite([{ input, left: width, top: 0 }]);
    await writeFile(installation.file(name), await both.jpeg({ quality: 95 }).toBuffer());
    return installation.file(name);
  };
  const pictures = [await beside(0.4, 'smaller.jpg'), await beside(1, 'couple.jpg')];
  const edited = await staff('edit', '--key', 'e-1', ...pictures);
  expect(edited.answer).toMatchObject({
    withOthers: [{ image: 'smaller.jpg', count: 1 }],
    rejected: [{ image: 'couple.jpg', code: 'several-faces', faceCount: 2 }],
  });
});

it('corrects name and key, and adds pictures of the same person only', async () => {
  const edited = await staff(
    'edit',
    '--key',
    'e-1',
    '--name',
    'Robin Nunez',
    '--new-key',
    'e-3',
    installation.robin[1],
  );
  const face = { externalKey: 'e-3', metadata: { name: 'Robin Nunez' }, referenceCount: 2 };
  // The same portrait was added with another person beside it.
  const rejected = [{ image: 'robin-1.jpg', code: 'picture-repeats' }];
  expect(edited).toMatchObject({ status: 0, answer: { face, rejected } });

  expect(await staff('edit', '--key', 'e-3', '--name', 'Sasha', installation.sasha)).toMatchObject({
    status: 2,
    answer: { error: { code: 'different-person' } },
  });
  // Who has the key is said.
  const message = expect.stringContaining('Sasha Groß') as string;
  const taken = { status: 2, answer: { error: { code: 'external-key-in-use', message } } };
  expect(await staff('edit', '--key', 'e-3', '--new-key', 'e-2')).toMatchObject(taken);
  expect(await staff('enrol', '--key', 'e-2', installation.robin[0])).toMatchObject(taken);
  expect(await staff('edit', '--key', 'e-3', '--name', 'two\nlines')).toMatchObject({
    status: 2,
    answer: { error: { code: 'usage' } },
  });
  expect(await staff('edit', '--key', 'e-3')).toMatchObject({ answer: { error: { code: 'usage' } } });
  expect((await staff('show', '--key', 'e-3')).answer).toMatchObject({ face });

  const { answer } = await staff('edit', '--key', 'e-3', '--name', '', '--new-key', '');
  expect(answer).toMatchObject({ face: { externalKey: null, metadata: {}, referenceCount: 2 } });
  expect((answer['face'] as { metadata: object }).metadata).toEqual({});
});

it('notes groups and validity, which a new name leaves as they are', async () => {
  const edit = (...words: string[]) => staff('edit', '--key', 'e-2', ...words);
  const access = { groups: ['staff', 'night'], validFrom: null, validUntil: '2026-12-24' };
  expect(await edit('--groups', 'staff,night', '--valid-until', '2026-12-24')).toMatchObject({
    status: 0,
    answer: { face: { metadata: { name: 'Sasha Groß', access } } },
  });
  expect((await edit('--name', 'Sasha K.')).answer).toMatchObject({
    face: { metadata: { name: 'Sasha K.', access } },
  });
  for (const wrong of [
    ['--groups', 'two words'],
    ['--valid-from', 'tomorrow'],
    ['--valid-from', '2026-02-30'],
  ]) {
    expect(await edit(...wrong)).toMatchObject({ status: 2, answer: { error: { code: 'usage' } } });
  }
  expect((await edit('--groups', '', '--valid-until', '')).answer).toMatchObject({
    face: { metadata: { name: 'Sasha K.', access: { groups: [], validUntil: null } } },
  });
});

it('deletes a face by its key', async () => {
  expect(await staff('delete', '--key', 'e-2')).toMatchObject({ status: 0, answer: { deleted: true } });
  expect(await staff('delete', '--key', 'e-2')).toMatchObject({
    status: 2,
    answer: { error: { code: 'face-not-found' } },
  });
  expect((await staff('faces')).answer).toMatchObject({ total: 1 });
});

it('enrols the people of a list, once however often, and names the lines that it cannot', async () => {
  const list = installation.file('people.csv');
  const lines = [
    'name;key;pictures',
    'Robin;e-21;robin-1.jpg',
    'Alex;e 22;robin-1.jpg',
    'Jo;e-23;photos/none.jpg',
    'Kim;e-24;wall.png',
  ];
  await writeFile(list, `\ufeff${lines.join('\r\n')}`);
  const imported = (...words: string[]) =>
    lintel(installation, 'import', '--collection', 'listed', list, ...words);
  const unread = [
    { line: 3, outcome: 'refused', column: 'key', code: 'list-row-invalid' },
    {
      line: 4,
      outcome: 'refused',
      code: 'image-unreadable',
      message: expect.stringContaining(
        `(photos/none.jpg, looked for in ${dirname(list)}: there is no such file)`,
      ),
    },
    { line: 5, outcome: 'refused', code: 'no-face', rejected: [{ image: 'wall.png', code: 'no-face' }] },
  ];
  const wall = sharp({ create: { width: 300, height: 300, channels: 3, background: '#777' } });
  await wall.png().toFile(installation.file('wall.png'));
  expect(await imported('--dry-run')).toMatchObject({
    status: 0,
    answer: { counted: { listed: 1, refused: 3 }, people: [{ line: 2, outcome: 'listed' }, ...unread] },
  });
  expect(await imported()).toMatchObject({
    answer: { people: [{ line: 2, name: 'Robin', externalKey: 'e-21', outcome: 'enrolled' }, ...unread] },
  });
  for (const words of [[], ['--dry-run']])
    expect(await imported(...words)).toMatchObject({ answer: { counted: { known: 1, refused: 3 } } });
  expect(await said(installation, 'import', '--collection', 'listed', list, '--dry-run')).toContain(
    '\nDry run, nobody was enrolled: 1 enrolled already, 3 refused.\n',
  );
  await writeFile(list, lines.toSpliced(1, 1).join('\n'));
  for (const words of [[], ['--dry-run']])
    expect(await imported(...words)).toMatchObject({ status: 2, answer: { counted: { refused: 3 } } });
  for (const [text, code] of [
    ['Robin', 'list-invalid'],
    [Buffer.from('name;pictures\nZoë;robin-1.jpg', 'latin1'), 'list-encoding'],
    [Buffer.from('\ufeffname;pictures\nRobin;robin-1.jpg', 'utf16le'), 'list-encoding'],
  ] as const) {
    await writeFile(list, text);
    expect(await imported()).toMatchObject({ status: 2, answer: { error: { code } } });
  }
});

it('holds back whoever looks like an earlier person of the list, in a dry run as in earnest', async () => {
  const list = installation.file('twice.csv');
  const lines = [
    'Robin;e-31;robin-0.jpg',
    'Alex;e-32;robin-1.jpg',
    `Sasha;e-33;${basename(installation.sasha)}`,
  ];
  await writeFile(list, ['name;key;pictures', ...lines].join('\n'));
  const outcomes = async (...words: string[]): Promise<unknown> =>
    (await lintel(installation, 'import', '--collection', 'twice', list, ...words)).answer['people'];
  expect(await outcomes('--dry-run')).toMatchObject([
    { line: 2, outcome: 'listed' },
    { line: 3, outcome: 'held', alike: 'Robin in line 2' },
    { line: 4, outcome: 'listed' },
  ]);
  expect(await outcomes()).toMatchObject([
    { line: 2, outcome: 'enrolled' },
    { line: 3, outcome: 'held' },
    { line: 4, outcome: 'enrolled' },
  ]);
});

it('says of a file what is wrong with the picture, and asks nobody before a camera', async () => {
  const turned = installation.file('turned.jpg');
  await sharp(await readFile(installation.robin[0]))
    .rotate(180)
    .jpeg({ quality: 95 })
    .toFile(turned);
  const error = { code: 'not-upright', message: `${PICTURE_WORDS['not-upright']} (turned.jpg)` };
  expect(await staff('enrol', turned)).toMatchObject({ status: 2, answer: { error } });
  expect(await lintel(installation, 'verify', installation.robin[0], turned)).toMatchObject({
    status: 2,
    answer: { error },
  });
});

it('takes the collection of the settings where none is named', async () => {
  const unnamed = (...words: string[]) => lintel(installation, ...words);
  expect(await unnamed('identify', installation.robin[0])).toMatchObject({
    answer: { error: { code: 'collection-not-found' } },
  });
  const settings = join(installation.data, 'settings.json');
  await writeFile(settings, JSON.stringify({ collectionId: 'listed' }), { mode: 0o600 });
  const { answer } = await unnamed('faces');
  expect(answer).toMatchObject({ faces: [{ externalKey: 'e-21' }] });
  expect(await unnamed('show', '--key', 'e-21')).toMatchObject({ status: 0 });
  await rm(settings);
});

it('takes the people of CompreFace over, once however often, and says of whom it cannot', async () => {
  const examples = [
    ['00000000-0000-4000-8000-000000000001', 'Robin Núñez', await readFile(installation.robin[0])],
    ['00000000-0000-4000-8000-000000000002', 'Sasha', Buffer.from('')],
    ['00000000-0000-4000-8000-000000000003', 'Robin Núñez', await readFile(installation.robin[1])],
    ['00000000-0000-4000-8000-000000000004', 'two\nlines', await readFile(installation.sasha)],
  ] as const;
  // As CompreFace documents its answers, three examples a page whatever is asked for.
  let spoiled: string | (() => string) | null = null;
  const answer = ({ url = '', headers }: IncomingMessage): [number, string | Buffer] => {
    if (headers['x-api-key'] !== 'a-key') return [401, '{"message":"not a-key"}'];
    if (spoiled !== null) return [200, typeof spoiled === 'string' ? spoiled : spoiled()];
    const { pathname, searchParams } = new URL(url, 'http://compreface');
    const [, id] = /^\/api\/v1\/recognition\/faces\/([^/]+)\/img$/.exec(pathname) ?? [];
    if (id !== undefined) return [200, examples.find((each) => each[0] === id)![2]];
    const page = Number(searchParams.get('page'));
    const faces = examples
      .slice(3 * page, 3 * page + 3)
      .map(([image_id, subject]) => ({ image_id, subject }));
    const counts = { page_number: page, page_size: 3, total_pages: 2, total_elements: examples.length };
    return [pathname === '/api/v1/recognition/faces' ? 200 : 404, JSON.stringify({ faces, ...counts })];
  };
  const server = createServer((request, response) => {
    const [status, body] = answer(request);
    response.writeHead(status).end(body);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const keyFile = installation.file('compreface.key');
  await writeFile(keyFile, 'a-key\n');
  const imported = (...words: string[]) =>
    lintel(installation, 'import', '--collection', 'taken', address, '--api-key-file', keyFile, ...words);
  const unread = [
    { line: 2, name: 'Sasha', outcome: 'refused', code: 'image-unreadable' },
    { line: 3, name: null, outcome: 'refused', code: 'list-row-invalid' },
  ];
  try {
    expect(await imported()).toMatchObject({ status: 2, answer: { error: { code: 'usage' } } });
    const listed = await imported('--allow-private', '--dry-run');
    expect(listed.answer).toMatchObject({ people: [{ line: 1, outcome: 'listed' }, ...unread] });
    const robin = { name: 'Robin Núñez', externalKey: 'Robin%20N%C3%BA%C3%B1ez' };
    expect((await imported('--allow-private')).answer).toMatchObject({
      people: [{ ...robin, outcome: 'enrolled' }, ...unread],
    });
    const { answer: face } = await lintel(
      installation,
      'show',
      '--collection',
      'taken',
      '--key',
      robin.externalKey,
    );
    expect(face).toMatchObject({ face: { referenceCount: 2 } });
    expect((await imported('--allow-private')).answer).toMatchObject({ counted: { known: 1, refused: 2 } });

    for (const [wrong, code] of [
      ['{"faces":[{"image_id":"../../x","subject":"x"}],"total_pages":1}', 'server-inconsistent'],
      ['<html>', 'server-inconsistent'],
      ['{"faces":[],"total_pages":1000000}', 'list-invalid'],
      [' '.repeat(1_000_001), 'answer-too-large'],
    ] as const) {
      spoiled = wrong;
      expect((await imported('--allow-private')).answer).toMatchObject({ error: { code } });
    }
    // A server that names ever more people is asked no further.
    let named = 0;
    spoiled = () => {
      const faces = Array.from({ length: 1000 }, () => ({ image_id: examples[0][0], subject: `${named++}` }));
      return JSON.stringify({ faces, total_pages: 2000 });
    };
    expect((await imported('--allow-private')).answer).toMatchObject({ error: { code: 'list-invalid' } });
    expect(named).toBe(6000);
    await writeFile(keyFile, 'another-key');
    const refused = await imported('--allow-private');
    expect(refused).toMatchObject({ status: 2, answer: { error: { code: 'usage' } } });
    expect(JSON.stringify(refused.answer)).not.toContain('a-key');
  } finally {
    server.close();
  }
  const message = 'The server cannot be reached. (it refuses the connection)';
  expect((await imported('--allow-private')).answer).toEqual({
    error: { code: 'server-unreachable', message },
  });
});
