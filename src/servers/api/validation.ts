import type { FastifySchemaCompiler } from 'fastify';
import type { TObject, TSchema } from 'typebox';
import { Compile } from 'typebox/compile';
import type { TLocalizedValidationError } from 'typebox/error';
import { Refusal } from '#contract/errors.ts';

/** Where a value was sent, as Fastify names it, and as a person would. */
const places: Readonly<Record<string, string>> = {
  body: 'the body',
  querystring: 'the query',
  params: 'the address',
};

/**
 * Checks by the schema library that the contract is written in. Bodies are taken as they are; in addresses, where
 * everything is text, whole numbers are read first.
 */
export const validatorCompiler: FastifySchemaCompiler<unknown> = ({ schema: given, httpPart }) => {
  const schema = given as TObject;
  const validator = Compile(schema);
  const place = places[httpPart ?? 'body'] ?? 'the request';
  return (sent: unknown) => {
    const value = httpPart === 'body' ? sent : withIntegers(schema, sent);
    if (!validator.Check(value))
      return { error: new Refusal('invalid-request', sentence(place, validator.Errors(value))) };
    if (holdsNul(value))
      return { error: new Refusal('invalid-request', `${capital(place)} must not hold the NUL character.`) };
    return { value };
  };
};

/** PostgreSQL cannot keep U+0000 in a text; without this it would be our failure. */
function holdsNul(value: unknown): boolean {
  if (typeof value === 'string') return value.includes('\0');
  return typeof value === 'object' && value !== null && Object.values(value).some(holdsNul);
}

function withIntegers(schema: TObject, sent: unknown): unknown {
  const value = { ...(sent as Record<string, unknown>) };
  for (const [name, property] of Object.entries(schema.properties)) {
    const text = value[name];
    if (isInteger(property) && typeof text === 'string' && /^-?\d{1,15}$/.test(text))
      value[name] = Number(text);
  }
  return value;
}

const isInteger = (schema: TSchema): boolean => (schema as { type?: unknown }).type === 'integer';

/** The first thing that is wrong, as a sentence that names the field. */
export function sentence(place: string, problems: readonly TLocalizedValidationError[]): string {
  // An unknown field is told first: it is what a misspelt required one looks like.
  const problem = problems.find(entry => entry.keyword === 'additionalProperties') ?? problems[0];
  if (!problem) return `${capital(place)} does not fit its schema.`;
  const field = problem.instancePath.slice(1).replaceAll('/', '.');
  const subject = field === '' ? capital(place) : `\`${field}\` in ${place}`;
  return `${subject} ${complaint(problem)}.`;
}

function complaint(problem: TLocalizedValidationError): string {
  switch (problem.keyword) {
    case 'additionalProperties':
      return `has a field that is not known here: ${list(problem.params.additionalProperties)}`;
    case 'required':
      return `lacks ${list(problem.params.requiredProperties)}`;
    case 'minLength':
      return problem.params.limit === 1
        ? 'must not be empty'
        : `must be at least ${problem.params.limit} characters long`;
    case 'maxLength':
      return `must be at most ${problem.params.limit} characters long`;
    case 'type':
      return `must be of type ${problem.params.type}`;
    case 'format':
      return `must be ${problem.params.format === 'email' ? 'an email address' : `a ${problem.params.format}`}`;
    default:
      return problem.message;
  }
}

/** Names as the caller sent them are shortened: the answer must not grow with what was sent. */
function list(names: readonly string[]): string {
  const shown = names.slice(0, 3).map(name => `\`${name.slice(0, 40)}\``);
  return shown.join(', ') + (names.length > shown.length ? ', ...' : '');
}

const capital = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);
