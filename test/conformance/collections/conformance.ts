import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import sharp from 'sharp';
import { beforeAll, describe, expect, it } from 'vitest';
import { form, type Answer } from '../../support/server.ts';
import type { Place } from '../place.ts';
import { callsOf, codeOf, dataOf, type Data } from './calls.ts';
import { describeRefusals } from './refusals.ts';

/** What the page of the API for enrolling into collections promises, promise by promise. */
export function describeCollections(place: () => Place): void {
  describe('collection enrolment', () => {
    describeRefusals(place);
    const its = callsOf(place);
    const { batch, call, enrol, nameOf, newCollection } = its;
    const bytes = (length: number): Uint8Array => {
      const padded = new Uint8Array(length);
      padded.set(its.pictures.robin);
      return padded;
    };

    describe('enroll a face', () => {
      it('takes the example of the page', async () => {
        await its.realeyes.createCollection({ collectionId: 'COLLECTION_ID' });
        const folder = await mkdtemp(join(tmpdir(), 'lintel-curl-'));
        await writeFile(join(folder, 'photo.jpg'), its.pictures.robin);
        const example = `curl -X POST https://your-domain.com/api/v1/collections/COLLECTION_ID/faces \\
-H "X-API-Key: YOUR_API_KEY" \\
-F "image=@photo.jpg" \\
-F "external_id=user_alice_001" \\
-F 'metadata={"name":"Alice Smith","department":"Engineering"}'`;
        const command = example
          .replace('https://your-domain.com', its.server.origin)
          .replace('YOUR_API_KEY', its.key)
          .replace('curl ', 'curl -sS --fail-with-body ');
        const { stdout } = await promisify(execFile)('/bin/sh', ['-c', command], { cwd: folder });
        await rm(folder, { recursive: true });
        const { success, data } = JSON.parse(stdout) as { success: boolean; data: Data };
        expect(success).toBe(true);
        expect(data).toEqual({
          face_id: expect.stringMatching(/^face_/),
          external_id: 'user_alice_001',
          collection_id: 'COLLECTION_ID',
          quality_score: expect.closeTo(0.9, 0),
          liveness_score: expect.any(Number),
          metadata: { name: 'Alice Smith', department: 'Engineering' },
          created_at: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/),
        });
        const found = await its.realeyes.getFaceIds({
          collectionId: 'COLLECTION_ID',
          externalKey: 'user_alice_001',
        });
        expect(found.faceIds).toEqual([data['face_id']]);
      });

      it('links the face to the external id in both directions', async () => {
        const id = await newCollection();
        const { face_id } = dataOf(await enrol(id, { image: its.pictures.robin, external_id: 'r' }));
        const image = { bytes: Buffer.from(its.pictures.robinAgain).toString('base64') };
        expect(await its.realeyes.searchFace({ collectionId: id, image })).toMatchObject({
          faceId: face_id,
          externalKey: 'r',
        });
        await its.realeyes.setExternalKey({
          collectionId: id,
          faceId: String(face_id),
          externalKey: 'renamed',
        });
        const got = await call(`GET /api/v1/collections/${id}/faces/${String(face_id)}`);
        expect(dataOf(got)['external_id']).toBe('renamed');
      });

      it('adds a reference where the external id is known, also when it comes often at once', async () => {
        const id = await newCollection();
        const all = await Promise.all(
          Array.from({ length: 8 }, () => enrol(id, { image: its.pictures.robin, external_id: 'r' })),
        );
        expect(new Set(all.map((each) => dataOf(each)['face_id'])).size).toBe(1);
        for (let i = 0; i < 4; i++) {
          const again = await enrol(id, { image: its.pictures.robinAgain, external_id: 'r' });
          expect(again.status).toBe(200);
        }
        const { total } = dataOf(await call(`GET /api/v1/collections/${id}/faces`));
        expect(total).toBe(1);
        const image = { bytes: Buffer.from(its.pictures.robinAgain).toString('base64') };
        const { faceId } = await its.realeyes.searchFace({ collectionId: id, image, faceMatchThreshold: 99 });
        expect(faceId).toBe(dataOf(all[0]!)['face_id']);
      });

      it('does not give another person’s picture to a person', async () => {
        const id = await newCollection();
        await enrol(id, { image: its.pictures.robin, external_id: 'r' });
        const other = await enrol(id, { image: its.pictures.sasha, external_id: 'r' });
        expect([other.status, codeOf(other)]).toEqual([422, 'DIFFERENT_PERSON']);
      });

      it.each(['image', 'external_id'])('requires %s', async (missing) => {
        const id = await newCollection();
        const { [missing]: _left, ...fields } = { image: its.pictures.robin, external_id: 'r' } as Record<
          string,
          string | Uint8Array
        >;
        const answer = await enrol(id, fields);
        expect([answer.status, codeOf(answer)]).toEqual([400, 'VALIDATION_ERROR']);
      });

      it.each([
        ['{', 400],
        ['[1]', 400],
        ['"text"', 400],
        ['[' + '['.repeat(5000), 400],
        [`{"a":${'['.repeat(5000)}${']'.repeat(5000)}}`, 400],
      ])('refuses metadata that is no reasonable JSON object (%#)', async (metadata, status) => {
        const id = await newCollection();
        const answer = await enrol(id, { image: its.pictures.robin, external_id: 'r', metadata });
        expect([answer.status, codeOf(answer)]).toEqual([status, 'DOCUMENT_INVALID']);
      });

      it('keeps metadata as it was sent', async () => {
        const id = await newCollection();
        const metadata = '{"__proto__":{"a":[1,{"b":null}]},"name":"Zoë 🙂 ﷽","constructor":1,"":true}';
        const enrolled = await call(
          `POST /api/v1/collections/${id}/faces`,
          form({ image: its.pictures.robin, external_id: 'r', metadata }),
        );
        const { face_id, metadata: shown } = dataOf(enrolled);
        expect(JSON.stringify(shown)).toBe(metadata);
        const url = new URL(`/api/v1/collections/${id}/faces/${String(face_id)}`, its.server.origin);
        const text = await (await fetch(url, { headers: { 'x-api-key': its.key } })).text();
        expect(text).toContain(`"metadata":${metadata}`);
      });

      it('lets an appliance greet by the name', async () => {
        const id = await newCollection();
        await enrol(id, { image: its.pictures.robin, external_id: 'r', metadata: '{"name":"Robin","x":1}' });
        const [face] = dataOf(await call(`GET /api/v1/collections/${id}/faces`))['faces'] as Data[];
        expect(face!['metadata']).toEqual({ name: 'Robin', x: 1 });
      });

      it('reaches a collection of the longest name', async () => {
        const collectionId = 'c'.repeat(512);
        await its.realeyes.createCollection({ collectionId });
        expect((await call(`GET /api/v1/collections/${collectionId}/faces`)).status).toBe(200);
      });

      it('never creates a collection', async () => {
        const answer = await enrol('unknown', { image: its.pictures.robin, external_id: 'r' });
        expect([answer.status, codeOf(answer)]).toEqual([404, 'COLLECTION_NOT_FOUND']);
      });
    });

    describe('the image', () => {
      it.each([
        [100, 100, true],
        [99, 100, false],
        [100, 99, false],
      ])('of %i x %i pixels is taken: %s', async (width, height, isTaken) => {
        const id = await newCollection();
        // A face of 150 x 150 pixels is large enough; here only the frame is small.
        const image = await sharp(its.pictures.robin)
          .resize(width, height, { fit: 'fill' })
          .jpeg()
          .toBuffer();
        const answer = await enrol(id, { image, external_id: 'r' });
        expect(answer.body['success'] === true || codeOf(answer) !== 'IMAGE_TOO_SMALL').toBe(isTaken);
      });

      it('may have 10,000,000 bytes, not 10 x 1024 x 1024 + 1', async () => {
        const id = await newCollection();
        expect((await enrol(id, { image: bytes(10_000_000), external_id: 'r' })).status).toBe(201);
        const larger = await enrol(id, { image: bytes(10 * 1024 * 1024 + 1), external_id: 'r' });
        expect([larger.status, codeOf(larger)]).toEqual([413, 'IMAGE_TOO_LARGE']);
      });

      it('is JPEG or PNG by its first bytes, whatever it is called', async () => {
        const id = await newCollection();
        const png = await sharp(its.pictures.robin).png().toBuffer();
        expect((await enrol(id, { image: png, external_id: 'r' })).status).toBe(201);
        const webp = await sharp(its.pictures.robin).webp().toBuffer();
        const answer = await enrol(id, { image: webp, external_id: 'w' });
        expect([answer.status, codeOf(answer)]).toEqual([415, 'IMAGE_UNSUPPORTED']);
      });
    });

    describe('quality and liveness', () => {
      it('take a small photograph of a person', async () => {
        const id = await newCollection();
        const image = await sharp(its.pictures.robin).resize(200, 200, { fit: 'inside' }).jpeg().toBuffer();
        expect((await enrol(id, { image, external_id: 'r' })).status).toBe(201);
      });

      it.each([
        [
          'reduced to 16 pixels and enlarged again',
          async (image: Uint8Array) =>
            sharp(await sharp(image).resize(16).png().toBuffer())
              .resize(720)
              .jpeg()
              .toBuffer(),
        ],
        ['blurred', (image: Uint8Array) => sharp(image).blur(14).jpeg().toBuffer()],
      ])('refuse a picture that is %s', async (_name, spoil) => {
        const id = await newCollection();
        const image = await spoil(its.pictures.robin);
        for (const check_liveness of ['true', 'false']) {
          const answer = await enrol(id, { image, external_id: 'r', check_liveness });
          expect([answer.status, codeOf(answer)]).toEqual([422, 'FACE_QUALITY_TOO_LOW']);
        }
      });

      it('refuse a picture without a face', async () => {
        const id = await newCollection();
        const answer = await enrol(id, { image: its.pictures.landscape, external_id: 'r' });
        expect([answer.status, codeOf(answer)]).toEqual([422, 'FACE_QUALITY_TOO_LOW']);
      });

      it('refuse the picture of a picture, unless liveness is not asked for', async () => {
        const id = await newCollection();
        // A print on a grey wall: around it the network sees what is no room.
        const image = await sharp(its.pictures.robin)
          .resize(360)
          .extend({ top: 300, bottom: 300, left: 300, right: 300, background: '#888' })
          .jpeg()
          .toBuffer();
        const answer = await enrol(id, { image, external_id: 'r' });
        expect([answer.status, codeOf(answer)]).toEqual([422, 'LIVENESS_CHECK_FAILED']);
        const unasked = await enrol(id, { image, external_id: 'r', check_liveness: 'false' });
        expect(dataOf(unasked)['liveness_score']).toBeNull();
      });

      it('is asked for with true or false', async () => {
        const id = await newCollection();
        const answer = await enrol(id, { image: its.pictures.robin, external_id: 'r', check_liveness: 'no' });
        expect([answer.status, codeOf(answer)]).toEqual([400, 'VALIDATION_ERROR']);
      });
    });

    describe('batch', () => {
      it('enrols each item by itself and rolls nothing back', async () => {
        const id = await newCollection();
        const answer = await batch(id, {
          'images[]': [its.pictures.robin, its.pictures.landscape, its.pictures.sasha],
          'external_ids[]': ['a', 'b', 'c'],
        });
        expect(answer.status).toBe(207);
        const { results, ...counts } = dataOf(answer);
        expect(counts).toEqual({ total: 3, succeeded: 2, failed: 1 });
        expect(results).toMatchObject([
          { index: 0, external_id: 'a', success: true, face: { external_id: 'a' }, error: null },
          { index: 1, external_id: 'b', success: false, face: null, error: { code: 'FACE_QUALITY_TOO_LOW' } },
          { index: 2, external_id: 'c', success: true, face: { external_id: 'c' }, error: null },
        ]);
        expect(dataOf(await call(`GET /api/v1/collections/${id}/faces`))['total']).toBe(2);
      });

      it('pairs images and identifiers by their order, however they lie', async () => {
        const id = await newCollection();
        const body = new FormData();
        const image = (picture: Uint8Array): Blob => new Blob([Uint8Array.from(picture)]);
        body.append('external_ids[]', 'robin');
        body.append('images[]', image(its.pictures.robin), 'x.jpg');
        body.append('images[]', image(its.pictures.sasha), 'y.jpg');
        body.append('external_ids[]', 'sasha');
        const answer = await call(`POST /api/v1/collections/${id}/faces/batch`, body);
        expect(answer.status).toBe(200);
        const bytesOfSasha = { bytes: Buffer.from(its.pictures.sasha).toString('base64') };
        const found = await its.realeyes.searchFace({ collectionId: id, image: bytesOfSasha });
        expect(found.externalKey).toBe('sasha');
      });

      it('has an entry for an item that lacks its other half', async () => {
        const id = await newCollection();
        const answer = await batch(id, { 'images[]': [its.pictures.robin], 'external_ids[]': ['a', 'b'] });
        expect(dataOf(answer)['results']).toMatchObject([{ success: true }, { success: false }]);
      });

      it('minds check_liveness', async () => {
        const id = await newCollection();
        const fields = { 'images[]': [its.pictures.robin], 'external_ids[]': ['a'], check_liveness: 'false' };
        expect(dataOf(await batch(id, fields))['results']).toMatchObject([
          { face: { liveness_score: null } },
        ]);
      });

      it('without items is refused', async () => {
        const id = await newCollection();
        expect(codeOf(await batch(id, { check_liveness: 'true' }))).toBe('VALIDATION_ERROR');
      });
    });

    describe('list, get, update and delete', () => {
      let id: string;
      let faceIds: string[];
      beforeAll(async () => {
        id = await newCollection();
        faceIds = [];
        for (const [external_id, image] of [
          ['1', its.pictures.robin],
          ['2', its.pictures.sasha],
          ['3', its.pictures.kim],
        ] as const) {
          faceIds.push(String(dataOf(await enrol(id, { image, external_id }))['face_id']));
        }
      });
      const list = async (query: string): Promise<Data> =>
        dataOf(await call(`GET /api/v1/collections/${id}/faces${query}`));

      it('lists pages of exactly the size asked for, in a stable order', async () => {
        const first = await list('?page=1&page_size=2');
        expect(first).toMatchObject({ page: 1, page_size: 2, total: 3 });
        const second = await list('?page=2&page_size=2');
        const listed = [first, second].flatMap(({ faces }) =>
          (faces as Data[]).map((face) => face['face_id']),
        );
        expect(listed).toEqual(faceIds);
        expect((await list('?page=3&page_size=2'))['faces']).toEqual([]);
        expect(await list('')).toMatchObject({ page: 1, page_size: 50, total: 3 });
      });

      it.each(['page=0', 'page_size=0', 'page=x', 'page_size=1.5'])('refuses %s', async (query) => {
        expect(codeOf(await call(`GET /api/v1/collections/${id}/faces?${query}`))).toBe('VALIDATION_ERROR');
      });

      it('shows null for a face without an external id', async () => {
        const other = await newCollection();
        const image = { bytes: Buffer.from(its.pictures.robin).toString('base64') };
        const { faceId } = await its.realeyes.indexFace({ collectionId: other, image });
        const got = dataOf(await call(`GET /api/v1/collections/${other}/faces/${faceId}`));
        expect(got).toMatchObject({ external_id: null, liveness_score: null, metadata: {} });
      });

      it('updates metadata and nothing else', async () => {
        const target = `/api/v1/collections/${id}/faces/${faceIds[0]}`;
        const before = dataOf(await call(`GET ${target}`));
        const metadata = { name: 'Alice Johnson', department: 'Product' };
        const after = dataOf(await call(`PUT ${target}`, { metadata }));
        expect(after).toEqual({ ...before, metadata });
        expect(dataOf(await call(`GET ${target}`))).toEqual(after);
        const deep = `{"metadata":{"a":${'['.repeat(5000)}${']'.repeat(5000)}}}`;
        expect((await call(`PUT ${target}`, deep)).status).toBe(400);
      });

      it('deletes at once, here and in the other API', async () => {
        const target = `/api/v1/collections/${id}/faces/${faceIds[1]}`;
        expect((await call(`DELETE ${target}`)).status).toBe(200);
        const image = { bytes: Buffer.from(its.pictures.sasha).toString('base64') };
        expect((await its.realeyes.searchFace({ collectionId: id, image })).faceId).toBeNull();
        expect(codeOf(await call(`GET ${target}`))).toBe('FACE_NOT_FOUND');
        expect(codeOf(await call(`DELETE ${target}`))).toBe('FACE_NOT_FOUND');
        await its.realeyes.deleteFace({ collectionId: id, faceId: faceIds[2]! });
        expect((await call(`GET /api/v1/collections/${id}/faces/${faceIds[2]}`)).status).toBe(404);
      });
    });

    describe('identify, verify and auto-enroll', () => {
      const search = (path: string, image: Uint8Array): Promise<Answer> =>
        call(`POST /api/v1/collections/${path}`, form({ image }));

      it('find the person in a picture, and save it where the collection says so', async () => {
        const id = nameOf('auto');
        const created = await call('POST /api/v1/collections', { collection_id: id, auto_enroll: true });
        expect(dataOf(created)).toMatchObject({ collection_id: id, auto_enroll: true, face_count: 0 });
        const { face_id } = dataOf(await enrol(id, { image: its.pictures.robin, external_id: 'r' }));
        const first = dataOf(await search(`${id}/identify`, its.pictures.robinAgain));
        expect(first).toMatchObject({ match: true, face: { face_id, external_id: 'r' } });
        const verified = dataOf(
          await search(`${id}/faces/${String(face_id)}/verify`, its.pictures.robinAgain),
        );
        expect(verified['match']).toBe(true);
        // At most once a day, however beyond doubt.
        expect(dataOf(await search(`${id}/identify`, its.pictures.robinAgain))['auto_enrolled']).toBe(false);
        const nobody = dataOf(await search(`${id}/identify`, its.pictures.kim));
        expect(nobody).toMatchObject({ match: false, face: null, auto_enrolled: false });
        const changed = await call(`PUT /api/v1/collections/${id}`, { auto_enroll: false });
        expect(dataOf(changed)['auto_enroll']).toBe(false);
        expect((await call(`DELETE /api/v1/collections/${id}`)).status).toBe(200);
        expect((await call(`GET /api/v1/collections/${id}`)).status).toBe(404);
      });
    });

    it('has a page and an OpenAPI document, which is the one committed', async () => {
      expect((await call('GET /docs/collections', undefined, null)).type).toMatch(/^text\/html/);
      const { body } = await call('GET /docs/collections/json', undefined, null);
      const path = new URL('../../../server/dialects/collections/openapi.json', import.meta.url);
      // To write it again: npm run openapi
      expect(body).toEqual(JSON.parse(await readFile(path, 'utf8')));
    });
  });
}
