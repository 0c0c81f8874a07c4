import swagger from '@fastify/swagger';
import swaggerUi from '@fastify/swagger-ui';
import type { FastifyInstance } from 'fastify';
import {
  createJsonSchemaTransform,
  createJsonSchemaTransformObject,
  type jsonSchemaTransformObject,
} from 'fastify-type-provider-zod';
import type { OpenAPIV3_1 } from 'openapi-types';
import type { z } from 'zod';
import type { DialectDescription } from '#contract';

const zodToJsonConfig = {
  target: 'draft-2020-12',
  override: ({ jsonSchema }: { jsonSchema: z.core.JSONSchema.BaseSchema }): void => {
    // What the format and the type say already.
    if (jsonSchema.format === 'date-time') delete jsonSchema.pattern;
    if (jsonSchema.minimum === Number.MIN_SAFE_INTEGER) delete jsonSchema.minimum;
    if (jsonSchema.maximum === Number.MAX_SAFE_INTEGER) delete jsonSchema.maximum;
  },
} as const;

/** Schemas by name: those that this document refers to, of all that have one. */
const namedSchemas: typeof jsonSchemaTransformObject = (document) => {
  const described = createJsonSchemaTransformObject({ zodToJsonConfig })(document);
  const { components } = described as { components?: { schemas?: Record<string, unknown> } };
  const schemas = components?.schemas ?? {};
  const all = Object.entries(schemas);
  const named = new Set<string>();
  const follow = (value: unknown): void => {
    const text = JSON.stringify(value) ?? '';
    for (const [name, schema] of all) {
      if (named.has(name) || !text.includes(`"#/components/schemas/${name}"`)) continue;
      named.add(name);
      follow(schema);
    }
  };
  follow((described as { paths?: unknown }).paths);
  for (const [name] of all) if (!named.has(name)) delete schemas[name];
  return described;
};

/** How requests of an API show who sends them, by the name that its endpoints use. */
export type SecuritySchemes = Readonly<Record<string, OpenAPIV3_1.SecuritySchemeObject>>;

/** Of each API as its page has it. */
const VERSION = '1';

/** A page and the OpenAPI 3.1 document behind it, from the schemas of the routes that are added to the scope after this. */
export async function installDocumentation(
  scope: FastifyInstance,
  { page, title, description }: DialectDescription,
  securitySchemes: SecuritySchemes,
): Promise<void> {
  await scope.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: { title, description, version: VERSION },
      components: { securitySchemes },
    },
    transform: createJsonSchemaTransform({ zodToJsonConfig }),
    transformObject: namedSchemas,
  });
  await scope.register(swaggerUi, { routePrefix: page, staticCSP: true, logLevel: 'warn' });
}
