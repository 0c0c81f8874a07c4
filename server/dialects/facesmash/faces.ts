import { randomBytes } from 'node:crypto';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { z } from 'zod';
import {
  DESCRIPTOR_THRESHOLD,
  LintelError,
  MAX_USER_TEMPLATES,
  SmashDetection,
  SmashDetectionRequest,
  SmashIdentification,
  SmashIdentificationRequest,
  SmashRegistered,
  SmashRegistration,
  SmashTemplateDeleted,
  SmashTemplates,
  SmashVerification,
  SmashVerificationRequest,
  toErrorBody,
  type NewEvent,
  namedId,
} from '#contract';
import { ENROLMENT_RULES, enrolByDescriptor, referenceFrom } from '#core/enrolment';
import { rateQuality } from '#core/recognition';
import { callerOf } from '../../http/authentication.ts';
import { endpoints } from '../../http/endpoints.ts';
import { fromBase64 } from '../../http/images/index.ts';
import { DEFAULT_COLLECTION, whereThere } from '../default-collection.ts';
import { FACESMASH } from './envelope.ts';
import { eventOf } from './events.ts';
import type { FaceSmashOptions } from './options.ts';
import { compare, descriptorFrom, isMatch, nearest, nearestTemplate, probeFrom } from './probes.ts';

const OfUser = z.object({ userId: namedId(512) });
const OfTemplate = z.object({ templateId: z.string().regex(/^[\x21-\x7e]{1,128}$/) });

/** Faces without an external key belong to no user; of those nearest, so many more are looked at. */
const WITHOUT_KEY = 32;

type Registration = z.infer<typeof SmashRegistration>;

/** Registering, verifying, identifying and detecting faces; the templates of users. */
export function serveFaces(scope: FastifyInstance, options: FaceSmashOptions): void {
  const { galleries, recognizers, calibration, store, deliverer } = options;
  const serve = endpoints(scope, FACESMASH, { tag: 'faces', security: ['bearer'] });
  const rules = ENROLMENT_RULES.facesmash;

  /** Enrols the person that a body describes. @returns the face's id @throws `email-exists` */
  const register = async (request: FastifyRequest, body: Registration): Promise<string> => {
    const { accountId } = callerOf(request);
    const { name, image, descriptor } = body;
    const email = body.email ?? null;
    const holder = email === null ? null : await store.users.withEmail(accountId, email);
    if (holder !== null && body.userId !== undefined && holder !== body.userId) {
      throw new LintelError('email-exists');
    }
    const userId = body.userId ?? holder ?? `usr_${randomBytes(12).toString('hex')}`;
    const metadata = name === undefined ? {} : { name };
    const gallery = await galleries.of(accountId);
    const users = store.as(`api:${accountId}`).users;
    const eventsOf = (qualityScore: number): NewEvent[] =>
      (['face.registered', 'template.created'] as const).map((kind) =>
        eventOf(kind, { userId, email }, { qualityScore, ipAddress: request.ip }),
      );
    if (descriptor !== undefined) {
      const numbers = await descriptorFrom(options, accountId, descriptor);
      const quality = body.qualityScore ?? 0;
      await gallery.ensureCollection(DEFAULT_COLLECTION);
      const { faceId } = await enrolByDescriptor(
        { gallery, users, account: accountId },
        DEFAULT_COLLECTION,
        { externalKey: userId, email, metadata, descriptor: numbers, quality, events: eventsOf(quality) },
        MAX_USER_TEMPLATES,
      );
      return faceId;
    }
    const made = { recognizer: await recognizers.of(accountId) };
    const { reference } = await referenceFrom(made, fromBase64(image ?? ''), rules);
    await gallery.ensureCollection(DEFAULT_COLLECTION);
    const beside = { events: eventsOf(reference.quality), ...(email !== null && { email }) };
    const person = { externalKey: userId, metadata, references: [reference], beside };
    return (await rules.enrol(gallery, DEFAULT_COLLECTION, person, MAX_USER_TEMPLATES)).face.faceId;
  };

  serve('write', 'POST /v1/faces/register', {
    summary: 'Register a face',
    description: `A known userId, or a known email, gets another template, at most ${MAX_USER_TEMPLATES}.`,
    body: SmashRegistration,
    answers: { 201: SmashRegistered },
    handle: async ({ body, accountId, request }) => {
      const faceId = await register(request, body).catch(async (error: unknown) => {
        // Another request came first with this address, perhaps for the same person.
        if (toErrorBody(error).code !== 'email-exists' || body.userId !== undefined) throw error;
        return await register(request, body);
      });
      deliverer.wake();
      const { externalKey } = await (await galleries.of(accountId)).getFace(DEFAULT_COLLECTION, faceId);
      const templates = await store.users.templates(accountId, DEFAULT_COLLECTION, faceId);
      const { email } = await store.users.get(accountId, DEFAULT_COLLECTION, externalKey ?? '');
      const newest = templates.at(-1);
      // Deleted meanwhile.
      if (newest === undefined) throw new LintelError('user-not-found');
      const { uid, quality, createdAt } = newest;
      return {
        userId: externalKey ?? '',
        email,
        templateId: uid,
        qualityScore: quality,
        createdAt,
      };
    },
  });

  serve('read', 'POST /v1/faces/verify', {
    summary: 'Verify a face against a user (1:1)',
    body: SmashVerificationRequest,
    answers: { 200: SmashVerification },
    handle: async ({ body, accountId, request }) => {
      const { userId } = body;
      const gallery = await galleries.of(accountId);
      const users = store.as(`api:${accountId}`).users;
      const { email } = await orUnknown(() => users.get(accountId, DEFAULT_COLLECTION, userId));
      const probe = await probeFrom(options, accountId, body);
      const held = await gallery.faceIdsByExternalKey(DEFAULT_COLLECTION, userId);
      const compared = await Promise.all(held.map((faceId) => compare(gallery, faceId, probe, calibration)));
      const [best] = compared.toSorted((a, b) => b.similarity - a.similarity);
      if (best === undefined) throw new LintelError('user-not-found');
      const { faceId, similarity } = best;
      const isSuccess = isMatch(similarity);
      const uid = isSuccess
        ? await nearestTemplate({ gallery, users, account: accountId }, faceId, probe)
        : null;
      const { ip } = request;
      const kind = isSuccess ? 'face.verified' : 'face.failed';
      const event = eventOf(kind, { userId, email }, { similarity, ipAddress: ip });
      await users.signIn(accountId, DEFAULT_COLLECTION, faceId, {
        isSuccess,
        similarity,
        uid,
        address: ip,
        userAgent: userAgentOf(request),
        events: [event],
      });
      deliverer.wake();
      return {
        isMatch: isSuccess,
        similarity,
        adaptedThreshold: DESCRIPTOR_THRESHOLD,
        matchedTemplate: uid,
        user: { id: userId, email },
      };
    },
  });

  serve('read', 'POST /v1/faces/identify', {
    summary: 'Identify a face among all users (1:N)',
    body: SmashIdentificationRequest,
    answers: { 200: SmashIdentification },
    handle: async ({ body, accountId }) => {
      const start = performance.now();
      const { maxResults } = body;
      const gallery = await galleries.of(accountId);
      const probe = await probeFrom(options, accountId, body);
      const search = () => nearest(gallery, probe, maxResults + WITHOUT_KEY, calibration);
      const { likenesses, compared } = await whereThere(search, { likenesses: [], compared: 0 });
      const matches = [];
      for (const { faceId, similarity } of likenesses.filter((each) => isMatch(each.similarity))) {
        if (matches.length === maxResults) break;
        const user = await userOf(accountId, faceId);
        if (user === null) continue;
        const { users } = store;
        const templateId = await nearestTemplate({ gallery, users, account: accountId }, faceId, probe);
        if (templateId !== null) matches.push({ ...user, similarity, templateId });
      }
      const processingTimeMs = Math.round(performance.now() - start);
      return { matches, totalCompared: compared, processingTimeMs };
    },
  });

  /** The user whose face it is; null for a face of no user, or one that was deleted meanwhile. */
  const userOf = async (account: string, faceId: string) => {
    try {
      const { externalKey } = await (await galleries.of(account)).getFace(DEFAULT_COLLECTION, faceId);
      if (externalKey === null) return null;
      const { email } = await store.users.get(account, DEFAULT_COLLECTION, externalKey);
      return { userId: externalKey, email };
    } catch (error) {
      if (['face-not-found', 'user-not-found'].includes(toErrorBody(error).code)) return null;
      throw error;
    }
  };

  serve('read', 'POST /v1/faces/detect', {
    summary: 'Detect a face and analyse its quality',
    body: SmashDetectionRequest,
    answers: { 200: SmashDetection },
    handle: async ({ body, accountId }) => {
      const recognizer = await recognizers.of(accountId);
      const { face, width, height } = await recognizer.analyse(fromBase64(body.image));
      if (face === null) {
        const nothing = { quality: null, boundingBox: null, descriptor: null };
        return { detected: false, confidence: 0, ...nothing };
      }
      const { boundingBox, measurements, descriptor } = face;
      const { score, components } = rateQuality(measurements);
      const { yaw, pitch, roll, eyeOpenness } = measurements;
      return {
        detected: true,
        confidence: Math.min(1, face.confidence),
        quality: {
          overallScore: score,
          lightingScore: components.exposure,
          sharpness: components.sharpness,
          faceSize: Math.min(1, (boundingBox.width * boundingBox.height) / (width * height)),
          headPose: { yaw, pitch, roll },
          eyeAspectRatio: eyeOpenness,
        },
        boundingBox,
        descriptor: descriptor === undefined ? null : [...descriptor],
      };
    },
  });

  serve('read', 'GET /v1/faces/templates/:userId', {
    summary: 'Get the stored templates of a user',
    params: OfUser,
    answers: { 200: SmashTemplates },
    handle: async ({ params: { userId }, accountId }) => {
      const { faceId } = await orUnknown(() => store.users.get(accountId, DEFAULT_COLLECTION, userId));
      const stored = await store.users.templates(accountId, DEFAULT_COLLECTION, faceId);
      const templates = stored.map(({ uid, quality, createdAt, uses, lastUsed }) => ({
        id: uid,
        qualityScore: quality,
        createdAt,
        usageCount: uses,
        lastUsed,
      }));
      return {
        templates,
        totalTemplates: templates.length,
        maxTemplates: MAX_USER_TEMPLATES,
      };
    },
  });

  serve('write', 'DELETE /v1/faces/templates/:templateId', {
    summary: 'Delete a template',
    params: OfTemplate,
    answers: { 200: SmashTemplateDeleted },
    handle: async ({ params: { templateId }, accountId, request }) => {
      const { users } = store.as(`api:${accountId}`);
      const events = (user: { userId: string; email: string | null }): NewEvent[] => [
        eventOf('template.deleted', user, { ipAddress: request.ip }),
      ];
      const remove = () =>
        users.removeTemplate(accountId, DEFAULT_COLLECTION, templateId, events).then(() => true);
      if (!(await whereThere(remove, false))) throw new LintelError('user-template-not-found');
      deliverer.wake();
      await (await galleries.of(accountId)).release(DEFAULT_COLLECTION);
      return { deleted: true, templateId };
    },
  });
}

/** A collection that is not there yet has no user. @throws `user-not-found` */
export async function orUnknown<T>(work: () => Promise<T>): Promise<T> {
  const found = await whereThere(work, null);
  if (found === null) throw new LintelError('user-not-found');
  return found;
}

const userAgentOf = ({ headers }: FastifyRequest): string => (headers['user-agent'] ?? '').slice(0, 256);
