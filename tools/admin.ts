// npm run admin -- COMMAND ...: what an operator does without the web.
import { admin } from '../src/app/admin/admin.ts';
import { ConfigError, readConfig } from '../src/app/config.ts';

try {
  const { ok, text } = await admin(readConfig(process.env), process.argv.slice(2));
  (ok ? console.log : console.error)(text);
  process.exitCode = ok ? 0 : 1;
} catch (error) {
  console.error('skylark:', error instanceof ConfigError ? error.message : error);
  process.exitCode = 1;
}
