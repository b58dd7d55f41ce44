import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { RtcCandidate, RtcDescription } from '../src';
import {
  fingerprintIn,
  parseCandidate,
  parseDescription,
  writeCandidate,
  writeDescription,
} from '../src/sdp';
import { pattern } from './helpers';

const fingerprintLine = `a=fingerprint:sha-256 ${'AB:'.repeat(31)}CD`;

/** As Chromium writes it. */
const chromium = [
  'v=0',
  'o=- 4611731400430051336 2 IN IP4 127.0.0.1',
  's=-',
  't=0 0',
  'a=group:BUNDLE 0',
  'a=extmap-allow-mixed',
  'a=msid-semantic: WMS',
  'm=application 9 UDP/DTLS/SCTP webrtc-datachannel',
  'c=IN IP4 0.0.0.0',
  'a=ice-ufrag:kWm3',
  'a=ice-pwd:ZbV8Qn+pV3Fq/8l5tYrXcE2d',
  'a=ice-options:trickle',
  fingerprintLine,
  'a=setup:actpass',
  'a=mid:0',
  'a=sctp-port:5000',
  'a=max-message-size:262144',
  '',
].join('\r\n');

/** As Firefox does. */
const firefox = [
  'v=0',
  'o=mozilla...THIS_IS_SDPARTA-99.0 3341283418623284163 0 IN IP4 0.0.0.0',
  's=-',
  't=0 0',
  fingerprintLine,
  'a=group:BUNDLE 0',
  'a=ice-options:trickle',
  'a=msid-semantic:WMS *',
  'm=application 9 UDP/DTLS/SCTP webrtc-datachannel',
  'c=IN IP4 0.0.0.0',
  'a=sendrecv',
  'a=ice-pwd:6f0ee1b5ccbd0f0f6f8bba4ddaf9ad8a',
  'a=ice-ufrag:8d9c6b3f',
  'a=mid:0',
  'a=setup:active',
  'a=sctp-port:5000',
  'a=max-message-size:1073741823',
  '',
].join('\r\n');

function refusing(call: () => unknown): void {
  expect(call).toThrow(expect.objectContaining({ name: 'DuetError', code: 'bad-message' }));
}

describe('a description', () => {
  it('is read as both browsers write it, and written with the fingerprint that is given', () => {
    expect(parseDescription('offer', chromium)).toEqual({
      type: 'offer',
      ufrag: 'kWm3',
      pwd: 'ZbV8Qn+pV3Fq/8l5tYrXcE2d',
      setup: 'actpass',
      sctpPort: 5000,
      maxMessageBytes: 262_144,
    });
    const answer = parseDescription('answer', firefox);
    expect(answer).toMatchObject({ setup: 'active', ufrag: '8d9c6b3f' });
    const written = writeDescription(answer, pattern(32));
    expect(fingerprintIn(written)).toEqual(pattern(32));
    expect(parseDescription('answer', written)).toEqual(answer);
    expect(written).not.toContain(fingerprintLine);
    expect(written.split('\r\n').filter((line) => line.startsWith('m='))).toHaveLength(1);
  });

  it.each([
    ['a camera', `${chromium}m=video 9 UDP/TLS/RTP/SAVPF 96\r\n`],
    ['no section', 'v=0\r\n'],
    ['no section but a camera', chromium.replace('m=application', 'm=video')],
    ['two of the same', chromium + chromium],
    ['two passwords', `${chromium}a=ice-pwd:ZbV8Qn+pV3Fq/8l5tYrXcE2d\r\n`],
    ['a short password', chromium.replace('ZbV8Qn+pV3Fq/8l5tYrXcE2d', 'short')],
    ['a short name', chromium.replace('kWm3', 'kW')],
    ['another section’s name', chromium.replace('a=mid:0', 'a=mid:data')],
    ['no port', chromium.replace('a=sctp-port:5000\r\n', '')],
    ['a port that is none', chromium.replace('5000', '70000')],
    ['no setup', chromium.replace('a=setup:actpass\r\n', '')],
    ['the answer’s setup', chromium.replace('actpass', 'active')],
  ])('P20 with %s is refused', (_, sdp) => {
    refusing(() => parseDescription('offer', sdp));
  });

  it.each([
    ['none', chromium.replace(fingerprintLine, '')],
    ['two', `${chromium}${fingerprintLine.replaceAll('AB', 'EF')}\r\n`],
    ['one by a hash that nobody trusts', chromium.replace('sha-256', 'sha-1')],
    ['one more by such a hash', `a=fingerprint:sha-1 AB:CD\r\n${chromium}`],
    ['a short one', chromium.replace('AB:AB:', 'AB:')],
  ])('P20 with keys, %s, is refused', (_, sdp) => {
    refusing(() => fingerprintIn(sdp));
  });

  const right: RtcDescription = parseDescription('offer', chromium);
  it.each([
    { ufrag: 'abcd\r\na=candidate:1 1 udp 1 1.2.3.4 9 typ host' },
    { ufrag: 'ab cd' },
    { ufrag: 'a'.repeat(257) },
    { pwd: `${'p'.repeat(22)}\n` },
    { pwd: 'p'.repeat(21) },
    { setup: 'passive' },
    { sctpPort: -1 },
    { sctpPort: 0.5 },
    { sctpPort: Number.NaN },
    { maxMessageBytes: 0 },
    { maxMessageBytes: 2 ** 33 },
  ] as const)('P20 fields of the other side’s that do not fit are refused: %j', (change) => {
    refusing(() => writeDescription({ ...right, ...change }, pattern(32)));
  });

  it('P20 whatever its fields are, the text has one section, one key and no line more', () => {
    fc.assert(
      fc.property(
        fc.record({
          ufrag: fc.string(),
          pwd: fc.string({ maxLength: 60 }),
          sctpPort: fc.integer(),
          maxMessageBytes: fc.integer(),
        }),
        (change) => {
          let written: string;
          try {
            written = writeDescription({ ...right, ...change }, pattern(32));
          } catch (thrown) {
            expect(thrown).toMatchObject({ code: 'bad-message' });
            return;
          }
          expect(written.split('\r\n')).toHaveLength(16);
          expect(parseDescription('offer', written)).toEqual({ ...right, ...change });
        },
      ),
    );
  });
});

describe('a candidate', () => {
  it.each([
    'candidate:842163049 1 udp 1677729535 203.0.113.7 46154 typ srflx raddr 0.0.0.0 rport 0',
    'candidate:1 1 udp 2122260223 e4b0d9a2-4f4e-4a77-9c6b-1a2b3c4d5e6f.local 50000 typ host',
    'candidate:2 1 tcp 1518280447 192.0.2.1 9 typ host tcptype active',
    'candidate:3 1 udp 2122262783 2001:db8::1 50001 typ host',
    'candidate:4 1 udp 41885439 ::ffff:192.0.2.9 50001 typ relay raddr 198.51.100.2 rport 61665',
  ])('is read and written: %s', (line) => {
    expect(writeCandidate(parseCandidate(line))).toBe(line);
    expect(writeCandidate(parseCandidate(`a=${line} generation 0 ufrag kWm3 network-id 1`))).toBe(
      line,
    );
  });

  it('of Firefox is read too', () => {
    expect(
      parseCandidate(
        'candidate:0 1 UDP 2122187007 e4b0d9a2-4f4e-4a77-9c6b-1a2b3c4d5e6f.local 52001 typ host',
      ).protocol,
    ).toBe('udp');
  });

  const right: RtcCandidate = parseCandidate(
    'candidate:1 1 udp 2122260223 192.0.2.1 50000 typ host',
  );
  it.each([
    { address: 'intranet' },
    { address: 'evil.example' },
    { address: 'evil.local' },
    { address: '192.0.2.256' },
    { address: '192.0.2.1.5' },
    { address: '192.0.2.' },
    { address: '1::2::3' },
    { address: '1:2:3:4:5:6:7:8:9' },
    { address: '1:2' },
    { address: ':' },
    { address: '192.0.2.1 9 typ host' },
    { address: '' },
    { port: 0 },
    { port: 65_536 },
    { component: 2 },
    { priority: 0 },
    { priority: 2 ** 31 },
    { foundation: '' },
    { foundation: 'a b' },
    { foundation: 'f'.repeat(33) },
    { relatedAddress: 'x.example' },
    { relatedPort: 5 },
    { tcpType: 'active' },
    { protocol: 'tcp' },
    { kind: 'other' as 'host' },
    { protocol: 'icmp' as 'udp' },
  ] as const)('P20 whose fields do not fit is refused: %j', (change) => {
    refusing(() => writeCandidate({ ...right, ...change }));
  });

  it('P20 of any text is one line of this protocol, or refused', () => {
    const texts = fc.oneof(
      fc.string(),
      fc
        .array(fc.oneof(fc.string(), fc.constantFrom('typ', 'host', '1', '9', 'udp', '1.2.3.4')))
        .map((words) => `candidate:${words.join(' ')}`),
    );
    fc.assert(
      fc.property(texts, (text) => {
        let candidate: RtcCandidate;
        try {
          candidate = parseCandidate(text);
        } catch (thrown) {
          expect(thrown).toMatchObject({ code: 'bad-message' });
          return;
        }
        expect(writeCandidate(candidate)).not.toMatch(/[\r\n]/u);
      }),
      { numRuns: 2000 },
    );
  });
});
