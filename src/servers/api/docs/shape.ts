/** The parts of JSON Schema that the contract uses. */
interface Node {
  readonly type?: string;
  readonly const?: unknown;
  readonly anyOf?: readonly Node[];
  readonly items?: Node | readonly Node[];
  readonly properties?: Readonly<Record<string, Node>>;
  readonly required?: readonly string[];
  readonly format?: string;
  readonly pattern?: string;
  readonly description?: string;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly minimum?: number;
  readonly maximum?: number;
}

/** A schema as a person reads it: a sketch of the JSON, a comment after what needs one. */
export function shapeOf(schema: object, indent = ''): string {
  const node = schema as Node;
  if ('const' in node) return JSON.stringify(node.const);
  if (node.anyOf) return node.anyOf.map(entry => shapeOf(entry, indent)).join(' | ');
  if (node.properties) return objectShape(node, indent);
  if (node.type === 'array') return arrayShape(node, indent);
  return node.type ?? 'any';
}

function objectShape(node: Node, indent: string): string {
  const inner = `${indent}  `;
  const lines = Object.entries(node.properties!).map(([name, property]) => {
    const optional = node.required?.includes(name) ? '' : '?';
    const note = noteOf(property);
    return `${inner}${name}${optional}: ${shapeOf(property, inner)}${note === '' ? '' : `  // ${note}`}`;
  });
  return `{\n${lines.join('\n')}\n${indent}}`;
}

function arrayShape({ items }: Node, indent: string): string {
  if (Array.isArray(items)) return `[${items.map(entry => shapeOf(entry, indent)).join(', ')}]`;
  return `[${shapeOf(items as Node, indent)}]`;
}

function noteOf(node: Node): string {
  const bounds = (low: number | undefined, high: number | undefined, unit: string) => {
    if (high === undefined) return low === undefined ? '' : `at least ${low}${unit}`;
    return low === undefined ? `at most ${high}${unit}` : `${low} to ${high}${unit}`;
  };
  return [
    node.description ?? node.format ?? node.pattern ?? '',
    bounds(node.minLength, node.maxLength, ' characters'),
    bounds(node.minimum, node.maximum, ''),
  ]
    .filter(part => part !== '')
    .join('; ');
}
