import swagger from '@fastify/swagger';
import swaggerUi from '@fastify/swagger-ui';
import type { FastifyInstance } from 'fastify';
import {
  createJsonSchemaTransform,
  createJsonSchemaTransformObject,
  type jsonSchemaTransformObject,
} from 'fastify-type-provider-zod';
import type { z } from 'zod';

const zodToJsonConfig = {
  target: 'draft-2020-12',
  override: ({ jsonSchema }: { jsonSchema: z.core.JSONSchema.BaseSchema }): void => {
    // What the format and the type say already.
    if (jsonSchema.format === 'date-time') delete jsonSchema.pattern;
    if (jsonSchema.minimum === Number.MIN_SAFE_INTEGER) delete jsonSchema.minimum;
    if (jsonSchema.maximum === Number.MAX_SAFE_INTEGER) delete jsonSchema.maximum;
  },
} as const;

/** Schemas by name, without the variants for input: named schemas only occur in answers. */
const namedSchemas: typeof jsonSchemaTransformObject = (document) => {
  const described = createJsonSchemaTransformObject({ zodToJsonConfig })(document);
  const { components } = described as { components?: { schemas?: Record<string, unknown> } };
  const schemas = components?.schemas ?? {};
  for (const name of Object.keys(schemas)) if (name.endsWith('Input')) delete schemas[name];
  return described;
};

/** `/swagger` and the OpenAPI 3.1 document behind it, from the schemas of the routes that are added after this. */
export async function installDocumentation(app: FastifyInstance): Promise<void> {
  await app.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: {
        title: 'Lintel Face Recognition API',
        description: 'Search, index and manage faces in collections.',
        version: '1',
      },
      components: {
        securitySchemes: {
          apiKey: {
            type: 'apiKey',
            in: 'header',
            name: 'Authorization',
            description: 'The word ApiKey, a space, and an API key',
          },
          bearer: { type: 'http', scheme: 'bearer', description: 'The same API key as a bearer token' },
        },
      },
    },
    transform: createJsonSchemaTransform({ zodToJsonConfig }),
    transformObject: namedSchemas,
  });
  await app.register(swaggerUi, { routePrefix: '/swagger', staticCSP: true, logLevel: 'warn' });
}
