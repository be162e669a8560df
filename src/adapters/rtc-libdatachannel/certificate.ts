import { createHash, generateKeyPairSync, sign } from 'node:crypto';

/** What we are known by in DTLS before there is a connection. */
export interface Certificate {
  readonly certificatePem: string;
  readonly keyPem: string;
  /** As in SDP's `a=fingerprint`. */
  readonly fingerprint: string;
}

/** A self-signed certificate (RFC 5280 section 4.1) of a fresh key. Nobody looks at more of it than its fingerprint. */
export function createCertificate(namedCurve = 'P-256'): Certificate {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve });
  const signedBody = sequence(
    VERSION_3,
    INTEGER_1,
    ECDSA_WITH_SHA256,
    NAME,
    sequence(utcTime('700101000000Z'), utcTime('491231235959Z')),
    NAME,
    publicKey.export({ type: 'spki', format: 'der' }),
  );
  const signature = Buffer.concat([Buffer.of(0), sign('sha256', signedBody, privateKey)]);
  const certificate = sequence(signedBody, ECDSA_WITH_SHA256, der(0x03, signature));
  const lines = certificate.toString('base64').match(/.{1,64}/g)!;
  const digest = createHash('sha256').update(certificate).digest('hex').toUpperCase();
  return {
    certificatePem: `-----BEGIN CERTIFICATE-----\n${lines.join('\n')}\n-----END CERTIFICATE-----\n`,
    keyPem: String(privateKey.export({ type: 'pkcs8', format: 'pem' })),
    fingerprint: `sha-256 ${digest.match(/../g)!.join(':')}`,
  };
}

/** Tag, length, value (X.690 section 8.1). */
function der(tag: number, value: Buffer): Buffer {
  const { length } = value;
  const head = length < 128 ? [length] : length < 256 ? [0x81, length] : [0x82, length >> 8, length & 255];
  return Buffer.concat([Buffer.of(tag, ...head), value]);
}

function sequence(...parts: readonly Buffer[]): Buffer {
  return der(0x30, Buffer.concat(parts));
}

function utcTime(text: string): Buffer {
  return der(0x17, Buffer.from(text));
}

const INTEGER_1 = der(0x02, Buffer.of(1));
const VERSION_3 = der(0xa0, der(0x02, Buffer.of(2)));
/** 1.2.840.10045.4.3.2 (RFC 5758 section 3.2). */
const ECDSA_WITH_SHA256 = sequence(der(0x06, Buffer.from('2a8648ce3d040302', 'hex')));
/** CN (2.5.4.3) = skylark. */
const NAME = sequence(
  der(0x31, sequence(der(0x06, Buffer.from('550403', 'hex')), der(0x0c, Buffer.from('skylark')))),
);
