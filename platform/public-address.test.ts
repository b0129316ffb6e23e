import { expect, test } from 'vitest';
import { isPublicAddress, literalAddress } from './public-address.ts';
import { refuseUrl } from './webhook-target.ts';

test.each([
  ['127.0.0.1', 'loopback'],
  ['127.255.255.254', 'loopback'],
  ['0.0.0.0', 'unspecified'],
  ['10.1.2.3', 'private'],
  ['172.16.0.1', 'private'],
  ['172.31.255.255', 'private'],
  ['192.168.1.1', 'private'],
  ['169.254.169.254', "a cloud's metadata"],
  ['168.63.129.16', "Azure's platform"],
  ['::ffff:168.63.129.16', "Azure's platform, mapped into IPv6"],
  ['100.64.0.1', 'shared (CGNAT)'],
  ['224.0.0.1', 'multicast'],
  ['240.0.0.1', 'reserved'],
  ['255.255.255.255', 'broadcast'],
  ['192.0.2.1', 'documentation'],
  ['198.18.0.1', 'benchmarks'],
  ['::', 'unspecified'],
  ['::1', 'loopback'],
  ['fe80::1', 'link-local'],
  ['fe80::1%eth0', 'link-local with its zone'],
  ['fc00::1', 'unique-local'],
  ['fd00:ec2::254', "a cloud's metadata over IPv6"],
  ['fec0::1', 'site-local'],
  ['ff02::1', 'multicast'],
  ['::ffff:10.0.0.1', 'private, mapped into IPv6'],
  ['::ffff:7f00:1', 'loopback, mapped into IPv6'],
  ['::7f00:1', 'loopback, the old compatible form'],
  ['64:ff9b::a00:1', 'private, translated (NAT64)'],
  ['2002:a00:1::', 'private, within 6to4'],
  ['2001:0:a00:1::', 'a Teredo tunnel'],
  ['4000::1', 'not given out'],
  ['example.com', 'not an address at all'],
])('%s is not public: %s', (address) => {
  expect(isPublicAddress(address)).toBe(false);
});

test.each(['1.1.1.1', '172.32.0.1', '100.128.0.1', '2606:4700:4700::1111', '::ffff:1.1.1.1'])(
  '%s is public',
  (address) => expect(isPublicAddress(address)).toBe(true),
);

test.each([
  ['https://127.0.0.1/', 'private network'],
  ['https://2130706433/', 'private network'],
  ['https://0x7f.1/', 'private network'],
  ['https://[::1]/', 'private network'],
  ['https://[::ffff:169.254.169.254]/', 'private network'],
  ['http://example.com/', 'must be an https URL'],
  ['ftp://example.com/', 'http or https'],
  ['https://me:secret@example.com/', 'credentials'],
])('the URL %s is refused: %s', (url, why) => {
  expect(refuseUrl(new URL(url), false)).toContain(why);
});

test('private networks and plain http pass where they are allowed, credentials never', () => {
  expect(refuseUrl(new URL('http://127.0.0.1:8080/'), true)).toBeNull();
  expect(refuseUrl(new URL('https://example.com/'), false)).toBeNull();
  expect(refuseUrl(new URL('http://me@127.0.0.1/'), true)).toContain('credentials');
  expect(literalAddress('[::1]')).toBe('::1');
  expect(literalAddress('example.com')).toBeNull();
});
