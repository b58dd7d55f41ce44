/**
 * SDP of one data channel, to fields and back. What comes from the other side are fields, each checked against the grammar
 * of RFC 8839 and 8841, and the text that a browser reads is written here; so nothing of theirs stands in it that is not
 * meant to, and the DTLS fingerprint is always the one that was agreed on.
 */

import { DuetError } from '@duet/protocol';
import type { RtcCandidate, RtcDescription } from './rtc-signal';

const iceChars = /^[A-Za-z0-9+/]*$/u;
const smallestPort = 1;
const largestPort = 65_535;
/** The largest message that a browser may announce; 0, which means any size, is not used. */
const largestMessage = 2 ** 32 - 1;
const largestPriority = 2 ** 31 - 1;

/** Throws `bad-message` for anything but one section for data, with one DTLS key by SHA-256. */
export function parseDescription(type: 'offer' | 'answer', sdp: string): RtcDescription {
  const lines = sdp.split(/\r?\n/u);
  const sections = lines.filter((line) => line.startsWith('m='));
  if (sections.length !== 1 || sections[0]?.startsWith('m=application ') !== true) {
    return bad('A description has more than a data channel.');
  }
  if (attributeOf(lines, 'mid') !== '0') return bad('A description has an unusual section.');
  const description: RtcDescription = {
    type,
    ufrag: attributeOf(lines, 'ice-ufrag'),
    pwd: attributeOf(lines, 'ice-pwd'),
    setup: setupOf(attributeOf(lines, 'setup')),
    sctpPort: numberIn(attributeOf(lines, 'sctp-port')),
    maxMessageBytes: numberIn(attributeOf(lines, 'max-message-size', '65536')),
  };
  checkDescription(description);
  return description;
}

/** The SHA-256 of the one DTLS key of a description; throws `bad-message` where there is none, another kind, or more. */
export function fingerprintIn(sdp: string): Uint8Array<ArrayBuffer> {
  const lines = sdp.split(/\r?\n/u).filter((line) => /^a=fingerprint/iu.test(line));
  const found = /^a=fingerprint:sha-256 ((?:[0-9A-F]{2}:){31}[0-9A-F]{2})\s*$/iu.exec(
    lines[0] ?? '',
  )?.[1];
  const parsed = lines.length === 1 && found !== undefined ? parseFingerprint(found) : undefined;
  return parsed ?? bad('A description does not name one DTLS key.');
}

/** From pairs of hex digits with colons between; undefined for anything but 32 of them. */
export function parseFingerprint(text: string): Uint8Array<ArrayBuffer> | undefined {
  if (!/^(?:[0-9A-F]{2}:){31}[0-9A-F]{2}$/iu.test(text)) return undefined;
  return Uint8Array.from(text.split(':'), (pair) => Number.parseInt(pair, 16));
}

/** What a browser is told of the other side. Throws `bad-message`. */
export function writeDescription(description: RtcDescription, fingerprint: Uint8Array): string {
  checkDescription(description);
  if (fingerprint.length !== 32) return bad('A fingerprint has the wrong length.');
  const pairs = [...fingerprint].map((byte) => byte.toString(16).padStart(2, '0').toUpperCase());
  const lines = [
    'v=0',
    'o=- 1 1 IN IP4 127.0.0.1',
    's=-',
    't=0 0',
    'a=group:BUNDLE 0',
    'm=application 9 UDP/DTLS/SCTP webrtc-datachannel',
    'c=IN IP4 0.0.0.0',
    'a=mid:0',
    `a=ice-ufrag:${description.ufrag}`,
    `a=ice-pwd:${description.pwd}`,
    'a=ice-options:trickle',
    `a=fingerprint:sha-256 ${pairs.join(':')}`,
    `a=setup:${description.setup}`,
    `a=sctp-port:${description.sctpPort}`,
    `a=max-message-size:${description.maxMessageBytes}`,
  ];
  return `${lines.join('\r\n')}\r\n`;
}

function checkDescription({
  type,
  ufrag,
  pwd,
  setup,
  sctpPort,
  maxMessageBytes,
}: RtcDescription): void {
  const isRight =
    isIce(ufrag, 4, 256) &&
    isIce(pwd, 22, 256) &&
    (type === 'offer' ? setup === 'actpass' : setup === 'active' || setup === 'passive') &&
    isWithin(sctpPort, smallestPort, largestPort) &&
    isWithin(maxMessageBytes, 1, largestMessage);
  if (!isRight) bad('A description is not of this protocol.');
}

const candidateLine =
  /^(?:a=)?candidate:(\S+) (\d+) (\S+) (\d+) (\S+) (\d+) typ (\S+)(?: raddr (\S+) rport (\d+))?(?: tcptype (\S+))?(?: |$)/u;

/** Throws `bad-message`. What browsers add behind it (generation, network) is left out. */
export function parseCandidate(text: string): RtcCandidate {
  const found = candidateLine.exec(text.trim());
  if (found === null) return bad('A candidate cannot be read.');
  const [, foundation = '', component, protocol = '', priority, address = '', port, kind = ''] =
    found;
  const [relatedAddress = '', relatedPort = '0', tcpType = ''] = found.slice(8);
  const candidate = {
    type: 'candidate',
    foundation,
    component: numberIn(component ?? ''),
    protocol: protocol.toLowerCase(),
    priority: numberIn(priority ?? ''),
    address,
    port: numberIn(port ?? ''),
    kind,
    relatedAddress,
    relatedPort: numberIn(relatedPort),
    tcpType,
  };
  return checkCandidate(candidate);
}

/** Throws `bad-message`. */
export function writeCandidate(candidate: RtcCandidate): string {
  const { foundation, component, protocol, priority, address, port, kind, ...rest } =
    checkCandidate(candidate);
  const related =
    rest.relatedAddress === '' ? '' : ` raddr ${rest.relatedAddress} rport ${rest.relatedPort}`;
  const tcp = rest.tcpType === '' ? '' : ` tcptype ${rest.tcpType}`;
  return `candidate:${foundation} ${component} ${protocol} ${priority} ${address} ${port} typ ${kind}${related}${tcp}`;
}

const kinds: readonly string[] = ['host', 'srflx', 'prflx', 'relay'];
const tcpTypes: readonly string[] = ['active', 'passive', 'so'];

interface AnyCandidate extends Omit<RtcCandidate, 'type' | 'protocol' | 'kind' | 'tcpType'> {
  readonly type: string;
  readonly protocol: string;
  readonly kind: string;
  readonly tcpType: string;
}

function checkCandidate(candidate: AnyCandidate): RtcCandidate {
  const isTcp = candidate.protocol === 'tcp';
  const isRight =
    isIce(candidate.foundation, 1, 32) &&
    candidate.component === 1 &&
    (isTcp || candidate.protocol === 'udp') &&
    isWithin(candidate.priority, 1, largestPriority) &&
    isAddress(candidate.address) &&
    isWithin(candidate.port, smallestPort, largestPort) &&
    kinds.includes(candidate.kind) &&
    (candidate.relatedAddress === ''
      ? candidate.relatedPort === 0
      : isAddress(candidate.relatedAddress) && isWithin(candidate.relatedPort, 0, largestPort)) &&
    (isTcp ? tcpTypes.includes(candidate.tcpType) : candidate.tcpType === '');
  return isRight ? (candidate as RtcCandidate) : bad('A candidate is not of this protocol.');
}

function isIce(text: string, least: number, most: number): boolean {
  return text.length >= least && text.length <= most && iceChars.test(text);
}

function isWithin(number: number, least: number, most: number): boolean {
  return Number.isInteger(number) && number >= least && number <= most;
}

const mdnsName = /^[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}\.local$/iu;
const ipv4 = /^(?:(?:25[0-5]|2[0-4]\d|1?\d?\d)(?:\.(?!$)|$)){4}$/u;

/** An IP address, or a name that a browser has made up for one; never a name that somebody's server would be asked for. */
function isAddress(text: string): boolean {
  return mdnsName.test(text) || ipv4.test(text) || isIpv6(text);
}

function isIpv6(text: string): boolean {
  if (text.length > 45 || !/^[0-9a-f:.]+$/iu.test(text) || !text.includes(':')) return false;
  // An IPv4 address at the end stands for two groups.
  const tail = /(?<=:)[0-9.]+$/u.exec(text)?.[0];
  const dotted = tail?.includes('.') === true ? tail : undefined;
  if (text.includes('.') && (dotted === undefined || !ipv4.test(dotted))) return false;
  const plain = dotted === undefined ? text : `${text.slice(0, -dotted.length)}0:0`;
  const halves = plain.split('::');
  if (halves.length > 2) return false;
  const groups = halves.flatMap((half) => (half === '' ? [] : half.split(':')));
  if (!groups.every((group) => /^[0-9a-f]{1,4}$/iu.test(group))) return false;
  return halves.length === 2 ? groups.length < 8 : groups.length === 8;
}

function attributeOf(lines: readonly string[], name: string, otherwise = ''): string {
  const found = lines.filter((line) => line.startsWith(`a=${name}:`));
  if (found.length > 1) return bad('A description says something twice.');
  return found[0]?.slice(name.length + 3).trim() ?? otherwise;
}

function setupOf(text: string): RtcDescription['setup'] {
  return text === 'actpass' || text === 'active' || text === 'passive'
    ? text
    : bad('A description is not of this protocol.');
}

function numberIn(text: string): number {
  return /^\d{1,10}$/u.test(text) ? Number(text) : bad('A number in SDP cannot be read.');
}

function bad(detail: string): never {
  throw new DuetError('bad-message', { detail });
}
