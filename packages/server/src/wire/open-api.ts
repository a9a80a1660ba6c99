import { ANSWER_SCHEMAS, type JsonSchema } from './answer-schemas.ts';
import { json, OPERATIONS, ref, request, type Operation } from './operations.ts';
import { recordingSchema } from './recording.ts';
import { segmentSchema } from './segment.ts';
import { sessionSchema } from './session.ts';
import { transcriptSchema } from './transcript.ts';

/** The wire as OpenAPI 3.1, made from the schemas that check it. */
export function openApiDocument(): Record<string, unknown> {
  const paths: Record<string, Record<string, unknown>> = {};
  for (const [route, operation] of Object.entries(OPERATIONS)) {
    const [method = '', path = ''] = route.split(' ');
    (paths[path] ??= {})[method.toLowerCase()] = describe(path, operation);
  }
  const schemas = {
    Segment: request(segmentSchema),
    Transcript: request(transcriptSchema),
    RecordingFacts: request(recordingSchema),
    SessionFacts: request(sessionSchema),
    ...ANSWER_SCHEMAS,
  };
  return {
    openapi: '3.1.0',
    info: {
      title: 'Turntape',
      version: '1',
      description: 'Segments, transcripts and sessions of voice conversations.',
    },
    paths,
    components: {
      schemas,
      securitySchemes: {
        token: {
          type: 'http',
          scheme: 'bearer',
          bearerFormat: 'JWT',
          description:
            'HS256; claims aud, sub, session_id, scope, iat, exp, and perhaps jti, max_segments, max_bytes, speakers.',
        },
      },
    },
  };
}

function describe(path: string, { summary, scope, body, query, answers, refusals = [] }: Operation) {
  const inPath = Array.from(path.matchAll(/\{(\w+)\}/g), ([, name = '']) => ({
    name,
    in: 'path',
    required: true,
    schema: { type: 'string' },
  }));
  const { properties = {}, required = [] } = (query ?? {}) as {
    properties?: Record<string, JsonSchema>;
    required?: string[];
  };
  const inQuery = Object.entries(properties).map(([name, schema]) => ({
    name,
    in: 'query',
    required: required.includes(name),
    schema,
  }));
  const refused = scope === null ? refusals : [...refusals, 401, 403, 429];
  return {
    summary,
    parameters: [...inPath, ...inQuery],
    ...(scope === null ? {} : { security: [{ token: scope === 'any' ? [] : [scope] }] }),
    ...(body === undefined ? {} : { requestBody: { required: true, content: body } }),
    responses: {
      ...Object.fromEntries(Object.entries(answers).map(([status, name]) => [status, answer(status, name)])),
      ...Object.fromEntries(
        refused.map((status) => [status, { description: 'Refused.', content: json(ref('Error')) }]),
      ),
    },
  };
}

function answer(status: string, name: string | null) {
  const description = { 200: 'Here it is.', 201: 'Stored durably.', 202: 'It will be done.' }[status] ?? 'Done.';
  if (name === null) return { description };
  if (name === 'audio')
    return { description, content: { 'audio/*': { schema: { type: 'string', format: 'binary' } } } };
  if (name === 'events') return { description, content: { 'text/event-stream': { schema: { type: 'string' } } } };
  if (name === 'text') return { description, content: { 'text/plain': { schema: { type: 'string' } } } };
  return { description, content: json(name === 'any' ? { type: 'object' } : ref(name)) };
}
