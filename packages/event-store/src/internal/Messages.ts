/**
 * Messages of Postgres's protocol 3 ("Message Formats" in its manual), written one after the other into one buffer that
 * grows as needed and serves again. Numbers are big-endian; a length counts itself.
 */

/** A larger one is not kept. */
const keptBytes = 1024 * 1024
const firstBytes = 64 * 1024

export class Messages {
  #buffer = Buffer.allocUnsafe(firstBytes)
  #at = 0

  /** What was written since the last call. To be sent before anything else is written. */
  take(): Buffer {
    const taken = this.#buffer.subarray(0, this.#at)
    this.#at = 0
    if (this.#buffer.length > keptBytes) this.#buffer = Buffer.allocUnsafe(firstBytes)
    return taken
  }

  /** A message of this type, whose body `write` writes. */
  message(type: string, write: () => void): void {
    this.byte(type.charCodeAt(0))
    const start = this.#at
    this.int32(0)
    write()
    this.#buffer.writeInt32BE(this.#at - start, start)
  }

  /** The bytes that `write` writes, after their number, which does not count itself. */
  sized(write: () => void): void {
    const start = this.#at
    this.int32(0)
    write()
    this.#buffer.writeInt32BE(this.#at - start - 4, start)
  }

  byte(value: number): void {
    this.#reserve(1)
    this.#buffer[this.#at++] = value
  }

  int16(value: number): void {
    this.#reserve(2)
    this.#at = this.#buffer.writeInt16BE(value, this.#at)
  }

  int32(value: number): void {
    this.#reserve(4)
    this.#at = this.#buffer.writeInt32BE(value, this.#at)
  }

  /** A number of four bytes after their number. */
  int32Sized(value: number): void {
    this.#reserve(8)
    this.#buffer.writeInt32BE(4, this.#at)
    this.#at = this.#buffer.writeInt32BE(value, this.#at + 4)
  }

  /** A number of eight bytes after their number. */
  int64Sized(value: bigint): void {
    this.#reserve(12)
    this.#buffer.writeInt32BE(8, this.#at)
    this.#at = this.#buffer.writeBigInt64BE(value, this.#at + 4)
  }

  /** UTF-8 and a zero. */
  cString(text: string): void {
    this.#utf8(text)
    this.byte(0)
  }

  /** UTF-8 after its length in bytes. Well-formed strings only: a lone surrogate would be replaced. */
  text(text: string): void {
    const start = this.#at
    this.int32(0)
    const bytes = this.#utf8(text)
    this.#buffer.writeInt32BE(bytes, start)
  }

  /** Bytes after their number. */
  bytes(bytes: Uint8Array): void {
    this.int32(bytes.length)
    this.#reserve(bytes.length)
    this.#buffer.set(bytes, this.#at)
    this.#at += bytes.length
  }

  /** The 16 bytes of a UUID after their number. `text`: hex digits with dashes. */
  uuid(text: string): void {
    this.int32(16)
    this.#reserve(16)
    this.#at += this.#buffer.write(text.replaceAll("-", ""), this.#at, "hex")
  }

  #utf8(text: string): number {
    // A UTF-16 unit takes at most three bytes; the exact number is worth asking for only where much would be wasted.
    this.#reserve(text.length < 4096 ? text.length * 3 : Buffer.byteLength(text))
    const bytes = this.#buffer.write(text, this.#at, "utf8")
    this.#at += bytes
    return bytes
  }

  #reserve(bytes: number): void {
    if (this.#at + bytes <= this.#buffer.length) return
    const larger = Buffer.allocUnsafe(Math.max(this.#buffer.length * 2, this.#at + bytes))
    this.#buffer.copy(larger, 0, 0, this.#at)
    this.#buffer = larger
  }
}
