import type { FastifyReply, FastifyRequest } from 'fastify';
import { levels, pino, type Logger } from 'pino';
import { LintelError } from '#contract';

/**
 * JSON lines on standard error. A request is logged by its method and route: the query, the headers and the body may
 * hold external keys, API keys and images.
 * @throws LintelError `usage` for an unknown level
 */
export function createLog(level: string = process.env['LINTEL_LOG_LEVEL'] ?? 'info'): Logger {
  const known = [...Object.values(levels.labels), 'silent'];
  if (!known.includes(level))
    throw new LintelError('usage', `LINTEL_LOG_LEVEL is one of ${known.join(', ')}.`);
  return pino(
    {
      name: 'lintel-server',
      level,
      redact: ['req.headers', 'headers', '*.authorization', '*.externalKey', '*.apiKey'],
      serializers: {
        req: (request: FastifyRequest) => ({
          id: request.id,
          method: request.method,
          route: request.routeOptions?.url ?? 'unknown',
        }),
        res: (reply: FastifyReply) => ({ statusCode: reply.statusCode }),
        err: pino.stdSerializers.errWithCause,
      },
    },
    pino.destination({ dest: 2, sync: true }),
  );
}
