/** A JSON Schema (2020-12, as OpenAPI 3.1 takes it). */
export type Schema = Record<string, unknown>;

/**
 * A schema of the contract as the document shows it: the named ones become references, a union of constants an `enum`,
 * a tuple `prefixItems` (the schema library writes it as an older draft did).
 */
export function publicSchema(schema: object, named: Readonly<Record<string, object>>, self = ''): Schema {
  const names = new Map(Object.entries(named).map(([name, entry]) => [JSON.stringify(entry), name]));
  const visit = (value: unknown, root: boolean): unknown => {
    if (Array.isArray(value)) return value.map(entry => visit(entry, false));
    if (typeof value !== 'object' || value === null) return value;
    const name = names.get(JSON.stringify(value));
    if (name !== undefined && !(root && name === self)) return { $ref: `#/components/schemas/${name}` };
    return modern(
      Object.fromEntries(Object.entries(value).map(([key, entry]) => [key, visit(entry, false)])),
    );
  };
  return visit(schema, true) as Schema;
}

function modern(schema: Schema): Schema {
  const { anyOf, items, additionalItems, ...rest } = schema;
  if (Array.isArray(items)) return { ...rest, prefixItems: items, items: false };
  if (Array.isArray(anyOf) && anyOf.every(entry => 'const' in entry))
    return { ...rest, type: 'string', enum: anyOf.map(entry => entry.const) };
  return schema;
}
