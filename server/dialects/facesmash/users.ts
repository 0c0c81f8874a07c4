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
} from '#contract';
import type { Store } from '#core/store';
import { callerOf } from '../../http/authentication.ts';
import { DEFAULT_COLLECTION, whereThere } from '../default-collection.ts';
import { answers, done } from './envelope.ts';
import { eventOf } from './events.ts';
import { orUnknown } from './faces.ts';
import type { FaceSmashOptions } from './options.ts';

const OfUser = z.object({ id: z.string().min(1).max(512) });

type User = Awaited<ReturnType<Store['users']['get']>>;

/** Listing, showing and deleting users; their sign-ins. */
export function serveUsers(scope: FastifyInstance, { galleries, store, deliverer }: FaceSmashOptions): void {
  const common = { tags: ['users'], security: [{ bearer: [] }] };

  scope.get<{ Querystring: z.infer<typeof SmashUsersQuery> }>(
    '/v1/users',
    {
      config: { scope: 'read' },
      schema: {
        ...common,
        summary: 'List all registered users',
        querystring: SmashUsersQuery,
        response: answers(200, SmashUsers),
      },
    },
    async (request) => {
      const { accountId } = callerOf(request);
      const { page, perPage, sort } = request.query;
      const query = { offset: (page - 1) * perPage, limit: perPage, newestFirst: sort === '-createdAt' };
      const list = () => store.users.list(accountId, DEFAULT_COLLECTION, query);
      const { users, total } = await whereThere(list, { users: [], total: 0 });
      return done(request, { users: users.map(summaryOf), totalItems: total, page, perPage });
    },
  );

  scope.get<{ Params: z.infer<typeof OfUser> }>(
    '/v1/users/:id',
    {
      config: { scope: 'read' },
      schema: { ...common, summary: 'Get a user', params: OfUser, response: answers(200, SmashUser) },
    },
    async (request) => {
      const { accountId } = callerOf(request);
      const find = () => store.users.get(accountId, DEFAULT_COLLECTION, request.params.id);
      const user = await orUnknown(find);
      return done(request, {
        ...summaryOf(user),
        successfulLogins: user.successes,
        failedLogins: user.failures,
        avgQualityScore: user.quality ?? 0,
        confidenceThreshold: DESCRIPTOR_THRESHOLD,
      });
    },
  );

  scope.delete<{ Params: z.infer<typeof OfUser> }>(
    '/v1/users/:id',
    {
      config: { scope: 'write', liveOnly: true },
      schema: {
        ...common,
        summary: 'Delete a user and all their biometric data',
        params: OfUser,
        response: answers(200, SmashUserDeleted),
      },
    },
    async (request) => {
      const { accountId } = callerOf(request);
      const { id: userId } = request.params;
      const { users } = store.as(`api:${accountId}`);
      const events = ({ email }: User) => [
        eventOf('user.deleted', { userId, email }, { ipAddress: request.ip }),
      ];
      const remove = () => users.delete(accountId, DEFAULT_COLLECTION, userId, events);
      const { templates, signIns } = await orUnknown(remove);
      deliverer.wake();
      await (await galleries.of(accountId)).release(DEFAULT_COLLECTION);
      const deletedRecords = { profile: 1, templates, scans: 0, signInLogs: signIns };
      return done(request, { deleted: true, userId, deletedRecords });
    },
  );

  scope.get<{ Params: z.infer<typeof OfUser>; Querystring: z.infer<typeof SmashLogsQuery> }>(
    '/v1/users/:id/logs',
    {
      config: { scope: 'read' },
      schema: {
        ...common,
        summary: 'Get the sign-in history of a user, the newest first',
        params: OfUser,
        querystring: SmashLogsQuery,
        response: answers(200, SmashLogs),
      },
    },
    async (request) => {
      const { accountId } = callerOf(request);
      const { page, perPage, success } = request.query;
      const find = () => store.users.get(accountId, DEFAULT_COLLECTION, request.params.id);
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
      return done(request, { logs, totalItems: total, page, perPage });
    },
  );
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
