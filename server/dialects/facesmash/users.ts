import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import {
  DESCRIPTOR_THRESHOLD,
  SmashLogs,
  SmashLogsQuery,
  SmashUser,
  SmashUserDeleted,
  SmashUsers,
  SmashUsersQuery,
  namedId,
} from '#contract';
import type { Store } from '#core/store';
import { endpoints } from '../../http/endpoints.ts';
import { DEFAULT_COLLECTION, whereThere } from '../default-collection.ts';
import { FACESMASH } from './envelope.ts';
import { eventOf } from './events.ts';
import { orUnknown } from './faces.ts';
import type { FaceSmashOptions } from './options.ts';

const OfUser = z.object({ id: namedId(512) });

type User = Awaited<ReturnType<Store['users']['get']>>;

/** Listing, showing and deleting users; their sign-ins. */
export function serveUsers(scope: FastifyInstance, { galleries, store, deliverer }: FaceSmashOptions): void {
  const serve = endpoints(scope, FACESMASH, { tag: 'users', security: ['bearer'] });

  serve('read', 'GET /v1/users', {
    summary: 'List all registered users',
    query: SmashUsersQuery,
    answers: { 200: SmashUsers },
    handle: async ({ query: { page, perPage, sort }, accountId }) => {
      const wanted = { offset: (page - 1) * perPage, limit: perPage, newestFirst: sort === '-createdAt' };
      const list = () => store.users.list(accountId, DEFAULT_COLLECTION, wanted);
      const { users, total } = await whereThere(list, { users: [], total: 0 });
      return { users: users.map(summaryOf), totalItems: total, page, perPage };
    },
  });

  serve('read', 'GET /v1/users/:id', {
    summary: 'Get a user',
    params: OfUser,
    answers: { 200: SmashUser },
    handle: async ({ params, accountId }) => {
      const find = () => store.users.get(accountId, DEFAULT_COLLECTION, params.id);
      const user = await orUnknown(find);
      return {
        ...summaryOf(user),
        successfulLogins: user.successes,
        failedLogins: user.failures,
        avgQualityScore: user.quality ?? 0,
        confidenceThreshold: DESCRIPTOR_THRESHOLD,
      };
    },
  });

  serve('write', 'DELETE /v1/users/:id', {
    config: { liveOnly: true },
    summary: 'Delete a user and all their biometric data',
    params: OfUser,
    answers: { 200: SmashUserDeleted },
    handle: async ({ params: { id: userId }, accountId, request }) => {
      const { users } = store.as(`api:${accountId}`);
      const events = ({ email }: User) => [
        eventOf('user.deleted', { userId, email }, { ipAddress: request.ip }),
      ];
      const remove = () => users.delete(accountId, DEFAULT_COLLECTION, userId, events);
      const { templates, signIns } = await orUnknown(remove);
      deliverer.wake();
      await (await galleries.of(accountId)).release(DEFAULT_COLLECTION);
      const deletedRecords = { profile: 1, templates, scans: 0, signInLogs: signIns };
      return { deleted: true, userId, deletedRecords };
    },
  });

  serve('read', 'GET /v1/users/:id/logs', {
    summary: 'Get the sign-in history of a user, the newest first',
    params: OfUser,
    query: SmashLogsQuery,
    answers: { 200: SmashLogs },
    handle: async ({ params, query, accountId }) => {
      const { page, perPage, success } = query;
      const find = () => store.users.get(accountId, DEFAULT_COLLECTION, params.id);
      const { faceId } = await orUnknown(find);
      const { signIns, total } = await store.users.signIns(accountId, DEFAULT_COLLECTION, faceId, {
        offset: (page - 1) * perPage,
        limit: perPage,
        isSuccess: success ?? null,
      });
      const logs = signIns.map(({ id, isSuccess, similarity, address, userAgent, at }) => ({
        id: `log_${id}`,
        success: isSuccess,
        confidence: Math.max(0, similarity),
        ipAddress: address,
        userAgent,
        createdAt: at,
      }));
      return { logs, totalItems: total, page, perPage };
    },
  });
}

const summaryOf = (user: User): z.infer<typeof SmashUsers>['users'][number] => ({
  id: user.userId,
  email: user.email,
  createdAt: user.createdAt,
  lastLogin: user.lastLogin,
  loginCount: user.successes + user.failures,
  templateCount: user.templates,
  successRate: user.successes + user.failures === 0 ? 0 : user.successes / (user.successes + user.failures),
});
