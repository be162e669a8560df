import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { frontDoors, type Wall, walls } from './walls.ts';

export const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../..');

export interface Import {
  readonly specifier: string;
  readonly typeOnly: boolean;
  readonly line: number;
}

/** Files below a folder, relative to the project's root, sorted. */
export function filesBelow(folder: string, pattern: RegExp): string[] {
  return readdirSync(path.join(root, folder), { recursive: true, withFileTypes: true })
    .filter(entry => entry.isFile() && pattern.test(entry.name))
    .map(entry => path.relative(root, path.join(entry.parentPath, entry.name)).split(path.sep).join('/'))
    .sort();
}

/** The room of a file: two folders deep for servers and adapters, one for the rest of src, `web` for the web app. */
export function roomOf(file: string): string | null {
  const parts = file.split('/');
  if (parts[0] === 'web') return 'web';
  if (parts[0] !== 'src' || parts.length < 3) return null;
  return parts[1] === 'servers' || parts[1] === 'adapters' ? `${parts[1]}/${parts[2]}` : parts[1]!;
}

const IMPORT =
  /^\s*(?:import|export)\s+(type\s+)?(?:[^'"]*?\sfrom\s+)?['"]([^'"]+)['"]|\bimport\(\s*['"]([^'"]+)['"]\s*\)/gm;

export function importsOf(source: string): Import[] {
  return [...withoutComments(source).matchAll(IMPORT)].map(match => ({
    specifier: (match[2] ?? match[3])!,
    typeOnly: match[1] !== undefined,
    line: source.slice(0, match.index).split('\n').length,
  }));
}

/** Blanks comments out, keeping every line where it is. */
export function withoutComments(source: string): string {
  return source.replace(/\/\*[\s\S]*?\*\/|(?<![:'"`\\])\/\/[^\n]*/g, text => text.replace(/[^\n]/g, ' '));
}

/** What is wrong with one file, one sentence each; empty when it keeps to its walls. */
export function violations(file: string, source: string): string[] {
  const room = roomOf(file);
  if (room === null) return [];
  const wall = walls[room];
  if (!wall) return [`${file}: room ${room} has no row in tests/house/walls.ts`];
  const isTest = /\.(test|suite)\.tsx?$/.test(file);
  const found = importsOf(source).flatMap(entry => {
    const problem = judge(file, room, wall, entry, isTest);
    return problem ? [`${file}:${entry.line}: ${problem}`] : [];
  });
  if (isTest) return found;
  const code = withoutComments(source);
  for (const word of wall.forbidden ?? []) {
    const match = word.exec(code);
    if (match)
      found.push(`${file}:${code.slice(0, match.index).split('\n').length}: ${room} may not use ${match[0]}`);
  }
  return found;
}

function judge(file: string, room: string, wall: Wall, entry: Import, isTest: boolean): string | null {
  const { specifier } = entry;
  if (specifier.startsWith('node:'))
    return wall.node || isTest ? null : `${room} may not import ${specifier}`;
  if (specifier.startsWith('.')) return judgeRelative(file, room, specifier);
  if (specifier.startsWith('#')) return judgeRoom(room, wall, entry, isTest);
  const name = specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/');
  if (isTest || wall.packages.includes(name) || wall.packages.includes('*')) return null;
  return `${room} may not import the package ${name}`;
}

function judgeRelative(file: string, room: string, specifier: string): string | null {
  const target = path.posix.join(path.posix.dirname(file), specifier);
  const targetRoom = roomOf(target);
  return targetRoom === room ? null : `${room} reaches ${target} by a relative path; use #room/...`;
}

function judgeRoom(room: string, wall: Wall, entry: Import, isTest: boolean): string | null {
  const target = entry.specifier.slice(1);
  const targetRoom = target.startsWith('web/') ? 'web' : roomOf(`src/${target}`);
  // Tests bring their own helpers, and may drive a real adapter where production code may not.
  if (target.startsWith('tests/')) return isTest ? null : `${room} may not import tests`;
  if (targetRoom === null) return `${entry.specifier} names no room`;
  if (targetRoom === room || wall.rooms.includes('*')) return null;
  if (isTest && (targetRoom.startsWith('adapters/') || targetRoom === 'media' || targetRoom === 'ports'))
    return null;
  if (!wall.rooms.includes(targetRoom)) return `${room} may not import ${targetRoom}`;
  if (wall.typesOnly?.includes(targetRoom) && !entry.typeOnly && !isTest)
    return `${room} may import only types from ${targetRoom}`;
  const doors = frontDoors[targetRoom];
  if (doors && !doors.includes(target.slice(targetRoom.length + 1)))
    return `${targetRoom} is entered through ${doors.join(', ')}`;
  return null;
}

export function read(file: string): string {
  return readFileSync(path.join(root, file), 'utf8');
}
