import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { ConfigError, readConfig, trustedNetworks } from './config.ts';

describe('configuration', () => {
  it('has a default for everything', () => {
    const config = readConfig({});
    assert.equal(config.port, 8080);
    assert.equal(config.host, '127.0.0.1');
    assert.equal(config.publicUrl, null);
    assert.deepEqual(config.rtcHosts, []);
    assert.equal(config.trustedProxies, null);
    assert.ok(trustedNetworks(config).has('::1'));
  });

  it('reads what is set', () => {
    const config = readConfig({
      SKYLARK_PORT: '9000',
      SKYLARK_PUBLIC_URL: 'https://sky.example.org/',
      SKYLARK_RTC_HOSTS: '192.0.2.7, 2001:db8::7',
      SKYLARK_TRUSTED_PROXIES: '10.0.0.0/8, 2001:db8::7',
      SKYLARK_DATABASE_URL: 'postgres://u:p@localhost/sky',
    });
    assert.equal(config.port, 9000);
    assert.equal(config.publicUrl, 'https://sky.example.org');
    assert.deepEqual(config.rtcHosts, ['192.0.2.7', '2001:db8::7']);
    const trusted = trustedNetworks(config);
    assert.deepEqual(
      ['10.1.2.3', '2001:db8::7', '127.0.0.1'].map(address => trusted.has(address)),
      [true, true, false],
    );
    assert.equal(config.databaseUrl, 'postgres://u:p@localhost/sky');
  });

  const wrong: [Record<string, string>, RegExp][] = [
    [{ SKYLARK_PORT: '80a' }, /SKYLARK_PORT is "80a"; expected a port/],
    [{ SKYLARK_PORT: '70000' }, /SKYLARK_PORT/],
    [{ SKYLARK_PUBLIC_URL: 'https://a.example/path' }, /SKYLARK_PUBLIC_URL.*origin/],
    [{ SKYLARK_RTC_HOSTS: 'example.org' }, /SKYLARK_RTC_HOSTS.*IP addresses/],
    [{ SKYLARK_DATABASE_URL: 'mysql://u:secret@h/d' }, /SKYLARK_DATABASE_URL.*postgres:/],
    [{ SKYLARK_TRUSTED_PROXIES: 'proxy' }, /SKYLARK_TRUSTED_PROXIES.*networks/],
    [{ SKYLARK_LOG: 'loud' }, /SKYLARK_LOG/],
    [{ SKYLARK_REDIS_URL: 'redis://h' }, /SKYLARK_REDIS_URL is set, but there is no shared bus/],
    [{ SKYLARK_S3_URL: 's3://b' }, /SKYLARK_S3_URL is set, but recordings/],
    [{ SKYLARK_PROT: '1' }, /SKYLARK_PROT is not a variable/],
  ];
  for (const [environment, message] of wrong) {
    it(`names ${Object.keys(environment)[0]} = ${Object.values(environment)[0]} and what was expected`, () => {
      assert.throws(
        () => readConfig(environment),
        (error: unknown) => error instanceof ConfigError && message.test(error.message),
      );
    });
  }

  it('does not print the password of a wrong database address', () => {
    assert.throws(
      () => readConfig({ SKYLARK_DATABASE_URL: 'mysql://u:secret@h/d' }),
      (error: unknown) => error instanceof Error && !error.message.includes('secret'),
    );
  });
});
