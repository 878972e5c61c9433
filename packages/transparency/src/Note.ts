/**
 * C2SP signed notes with Ed25519 keys, byte for byte as Go's `golang.org/x/mod/sumdb/note` reads and writes them. Ed25519 is
 * the platform's: `crypto.subtle` of Node 22 and of browsers since 2025.
 */
import { concat, fromBase64, fromHex, fromText, toBase64, toHex, toText } from "./Bytes.ts"
import { Malformed } from "./Malformed.ts"
import { sha256 } from "./Sha256.ts"

declare const crypto: {
  getRandomValues(bytes: Uint8Array): Uint8Array
  readonly subtle: {
    importKey(
      form: "raw" | "pkcs8",
      key: Uint8Array,
      name: "Ed25519",
      open: true,
      uses: ReadonlyArray<string>,
    ): Promise<Key>
    exportKey(form: "jwk", key: Key): Promise<{ readonly x: string }>
    sign(name: "Ed25519", key: Key, message: Uint8Array): Promise<ArrayBuffer>
    verify(name: "Ed25519", key: Key, signature: Uint8Array, message: Uint8Array): Promise<boolean>
  }
}
interface Key {
  readonly type: string
}

/** Why a note was not opened. `unverified`: no known key has signed it; `ambiguous`: two known keys have one name and hash. */
export class NoteRefused extends Error {
  override readonly name = "NoteRefused"
  readonly reason: "malformed" | "invalid signature" | "unverified" | "ambiguous key"
  constructor(reason: NoteRefused["reason"], message: string) {
    super(message)
    this.reason = reason
  }
}

/** A public key as it is published, `name+hash+base64`, or what `verifier` made of it. */
export type PublicKey = string | Verifier

/** What checks the signatures of one key. `hash` is the key's id: 8 lower-case hexadecimal digits. */
export interface Verifier {
  readonly name: string
  readonly hash: string
  readonly verify: (message: Uint8Array, signature: Uint8Array) => Promise<boolean>
}

/** What signs. `verifierKey` is for publication. */
export interface Signer {
  readonly name: string
  readonly hash: string
  readonly verifierKey: string
  readonly sign: (message: Uint8Array) => Promise<Uint8Array>
}

/** A line below a note's text: `base64` is of the key's hash and the signature. */
export interface Signature {
  readonly name: string
  readonly hash: string
  readonly base64: string
}

/** A note of which at least one signature is valid; of those by unknown keys, nothing is known. */
export interface Opened {
  readonly text: string
  readonly signatures: ReadonlyArray<Signature>
  readonly unverified: ReadonlyArray<Signature>
}

const ed25519 = Uint8Array.of(1)
const maxBytes = 1_000_000
const maxSignatures = 100

/** Whether a key may have this name: not empty, and without `+`, white space and control characters. */
export const isName = (name: string): boolean => /^[^\p{White_Space}\p{Cc}\p{Surrogate}+]+$/u.test(name)

const keyHash = (name: string, key: Uint8Array): string =>
  toHex(sha256(concat(fromText(`${name}\n`), key)).subarray(0, 4))

const keyPattern = /^([^+]+)\+([0-9a-f]{8})\+([A-Za-z0-9+/=]+)$/u

/** The parts of a key's text; its bytes are a 1, for Ed25519, and 32 more. */
const parseKey = (text: string) => {
  const [, name = "", hash = "", base64 = ""] = keyPattern.exec(text) ?? []
  const key = fromBase64(base64)
  if (!isName(name) || key.length !== 33 || key[0] !== 1) throw new Malformed("not a key for Ed25519")
  return { name, hash, key }
}

/** From `name+hash+base64`. Throws `Malformed`. */
export const verifier = async (verifierKey: string): Promise<Verifier> => {
  const { name, hash, key } = parseKey(verifierKey)
  if (keyHash(name, key) !== hash) throw new Malformed("it was cut or changed, since the hash in it is another")
  const publicKey = await crypto.subtle.importKey("raw", key.subarray(1), "Ed25519", true, ["verify"])
  return {
    name,
    hash,
    verify: (message, signature) => crypto.subtle.verify("Ed25519", publicKey, signature, message),
  }
}

const fromSeed = async (name: string, seed: Uint8Array) => {
  // PKCS #8 of RFC 8410 up to the 32 bytes of the seed.
  const pkcs8 = fromHex("302e020100300506032b657004220420")
  const privateKey = await crypto.subtle.importKey("pkcs8", concat(pkcs8, seed), "Ed25519", true, ["sign"])
  const { x } = await crypto.subtle.exportKey("jwk", privateKey)
  const key = concat(ed25519, fromBase64(`${x.replaceAll("-", "+").replaceAll("_", "/")}=`))
  const hash = keyHash(name, key)
  return { privateKey, hash, verifierKey: `${name}+${hash}+${toBase64(key)}` }
}

/** From `PRIVATE+KEY+name+hash+base64`. Throws `Malformed`, with nothing of the key in the message. */
export const signer = async (signerKey: string): Promise<Signer> => {
  if (!signerKey.startsWith("PRIVATE+KEY+")) throw new Malformed("not a key for signing")
  const { name, hash, key } = parseKey(signerKey.slice("PRIVATE+KEY+".length))
  const made = await fromSeed(name, key.subarray(1))
  if (made.hash !== hash) throw new Malformed("it was cut or changed, since the hash in it is another")
  return {
    name,
    hash,
    verifierKey: made.verifierKey,
    sign: async (message) => new Uint8Array(await crypto.subtle.sign("Ed25519", made.privateKey, message)),
  }
}

/** A new pair of keys. `signerKey` is secret. Throws `Malformed` when no key may have this name. */
export const generate = async (name: string): Promise<{ signerKey: string; verifierKey: string }> => {
  if (!isName(name)) throw new Malformed("not the name of a key")
  const seed = crypto.getRandomValues(new Uint8Array(32))
  const { hash, verifierKey } = await fromSeed(name, seed)
  return { signerKey: `PRIVATE+KEY+${name}+${hash}+${toBase64(concat(ed25519, seed))}`, verifierKey }
}

const isText = (text: string): boolean =>
  text.endsWith("\n") && fromText(text).every((byte) => byte >= 0x20 || byte === 10)

const line = ({ name, base64 }: Signature): string => `— ${name} ${base64}\n`

/**
 * A note of this text, which ends in a line break, signed by all signers. Signatures that it had stay, before the new ones;
 * one of the same key is replaced. Throws `Malformed`.
 */
export const sign = async (
  text: string,
  signers: ReadonlyArray<Signer>,
  had: ReadonlyArray<Signature> = [],
): Promise<string> => {
  if (!isText(text)) throw new Malformed("not the text of a note")
  const made: Array<Signature> = []
  for (const { name, hash, sign } of signers) {
    if (!isName(name)) throw new Malformed("not the name of a key")
    made.push({ name, hash, base64: toBase64(concat(fromHex(hash), await sign(fromText(text)))) })
  }
  const kept = had.filter((one) => !made.some(({ name, hash }) => name === one.name && hash === one.hash))
  if (
    kept.some((one) => !isName(one.name) || !one.base64 || toHex(fromBase64(one.base64).subarray(0, 4)) !== one.hash)
  ) {
    throw new Malformed("not a signature")
  }
  return `${text}\n${[...kept, ...made].map(line).join("")}`
}

const parse = (note: string) => {
  const end = note.lastIndexOf("\n\n")
  const text = note.slice(0, end + 1)
  const lines = note.slice(end + 2).split("\n")
  if (end < 0 || !isText(text) || lines.pop() !== "" || lines.length === 0 || lines.length > maxSignatures) {
    throw new Malformed("not a note")
  }
  return {
    text,
    signatures: lines.map((line): { signature: Signature; bytes: Uint8Array } => {
      const [, name = "", base64 = ""] = /^— ([^ ]+) ([A-Za-z0-9+/=]+)$/u.exec(line) ?? []
      const bytes = fromBase64(base64)
      if (!isName(name) || bytes.length < 5) throw new Malformed("not a signature")
      return { signature: { name, hash: toHex(bytes.subarray(0, 4)), base64 }, bytes: bytes.subarray(4) }
    }),
  }
}

const read = (note: string | Uint8Array) => {
  try {
    const bytes = typeof note === "string" ? fromText(note) : note
    if (bytes.length > maxBytes) throw new Malformed(`a note of more than ${maxBytes} bytes`)
    return parse(toText(bytes))
  } catch (error) {
    throw error instanceof Malformed ? new NoteRefused("malformed", error.message) : error
  }
}

/**
 * Checks a note of at most 1,000,000 bytes and 100 signatures. Signatures by unknown keys are ignored; the first by
 * each known key must be valid, and there must be one. Further lines of the same key are skipped unchecked, as Go does it. Rejects
 * with `NoteRefused`.
 */
export const open = async (note: string | Uint8Array, known: ReadonlyArray<Verifier>): Promise<Opened> => {
  const { text, signatures } = read(note)
  const message = fromText(text)
  const opened = { text, signatures: [] as Array<Signature>, unverified: [] as Array<Signature> }
  for (const { signature, bytes } of signatures) {
    const { name, hash } = signature
    const [verifier, second] = known.filter((one) => one.name === name && one.hash === hash)
    if (second !== undefined) throw new NoteRefused("ambiguous key", `two known keys are ${name}+${hash}`)
    if (verifier === undefined) {
      if (!opened.unverified.some((one) => line(one) === line(signature))) opened.unverified.push(signature)
    } else if (!opened.signatures.some((one) => one.name === name && one.hash === hash)) {
      if (!(await verifier.verify(message, bytes))) {
        throw new NoteRefused("invalid signature", `the signature of ${name}+${hash} is not valid`)
      }
      opened.signatures.push(signature)
    }
  }
  if (opened.signatures.length === 0) throw new NoteRefused("unverified", "no known key has signed the note")
  return opened
}
