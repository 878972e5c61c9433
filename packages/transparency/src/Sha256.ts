/** SHA-256 (FIPS 180-4), synchronous and small: `crypto.subtle` answers a promise for each of a tree's many short hashes. */

/** A SHA-256. On Node, `node:crypto`'s own is some times faster on long inputs, and everything here that hashes takes it. */
export type Hash = (data: Uint8Array) => Uint8Array

const primes = [2]
for (let candidate = 3; primes.length < 64; candidate += 2) {
  if (primes.every((prime) => candidate % prime !== 0)) primes.push(candidate)
}

/** The first 32 bits of the fraction, which a double holds exactly for roots below 8. */
const fraction = (root: number): number => Math.floor((root - Math.floor(root)) * 2 ** 32) | 0

const start = Int32Array.from(primes.slice(0, 8), (prime) => fraction(Math.sqrt(prime)))
const rounds = Int32Array.from(primes, (prime) => fraction(Math.cbrt(prime)))

const words = new Int32Array(64)
const at = (array: Int32Array, index: number): number => array[index] ?? 0
const rotated = (word: number, by: number): number => (word >>> by) | (word << (32 - by))

const compress = (state: Int32Array, block: DataView, from: number): void => {
  for (let t = 0; t < 16; t++) words[t] = block.getInt32(from + 4 * t)
  for (let t = 16; t < 64; t++) {
    const early = at(words, t - 15)
    const late = at(words, t - 2)
    const sigma0 = rotated(early, 7) ^ rotated(early, 18) ^ (early >>> 3)
    const sigma1 = rotated(late, 17) ^ rotated(late, 19) ^ (late >>> 10)
    words[t] = (at(words, t - 16) + sigma0 + at(words, t - 7) + sigma1) | 0
  }
  let [a = 0, b = 0, c = 0, d = 0, e = 0, f = 0, g = 0, h = 0] = state
  for (let t = 0; t < 64; t++) {
    const sum1 = rotated(e, 6) ^ rotated(e, 11) ^ rotated(e, 25)
    const first = (h + sum1 + ((e & f) ^ (~e & g)) + at(rounds, t) + at(words, t)) | 0
    const sum0 = rotated(a, 2) ^ rotated(a, 13) ^ rotated(a, 22)
    const second = (sum0 + ((a & b) ^ (a & c) ^ (b & c))) | 0
    h = g
    g = f
    f = e
    e = (d + first) | 0
    d = c
    c = b
    b = a
    a = (first + second) | 0
  }
  ;[a, b, c, d, e, f, g, h].forEach((word, index) => (state[index] = at(state, index) + word))
}

/** 32 bytes. */
export const sha256: Hash = (data) => {
  // The data, a one bit, zeros, and its length in bits as 64 bits.
  const padded = new Uint8Array(Math.ceil((data.length + 9) / 64) * 64)
  padded.set(data)
  padded[data.length] = 0x80
  const view = new DataView(padded.buffer)
  view.setUint32(padded.length - 8, Math.floor(data.length / 2 ** 29))
  view.setUint32(padded.length - 4, (data.length * 8) >>> 0)
  const state = start.slice()
  for (let from = 0; from < padded.length; from += 64) compress(state, view, from)
  state.forEach((word, index) => view.setInt32(4 * index, word))
  return padded.slice(0, 32)
}
