/** One connection to a server on this machine, with one request on its way at a time: as little work as can be, since it shares the cores. */
import { connect, type Socket } from "node:net"

/** The status of an answer, once its last byte is there. */
export class Connection {
  private readonly socket: Socket
  private received: Buffer = Buffer.alloc(0)
  private answered: ((status: number) => void) | undefined
  private failed: ((cause: Error) => void) | undefined
  private lost: Error | undefined

  private constructor(socket: Socket) {
    this.socket = socket
    socket.setNoDelay(true)
    socket.on("data", (chunk) => this.receive(chunk))
    socket.on("error", (cause) => this.lose(cause))
    socket.on("close", () => this.lose(new Error("The server closed the connection")))
  }

  static open(port: number): Promise<Connection> {
    return new Promise((resolve, reject) => {
      const socket = connect(port, "127.0.0.1")
      socket.once("error", reject)
      socket.once("connect", () => {
        socket.off("error", reject)
        resolve(new Connection(socket))
      })
    })
  }

  /** Rejects when the connection is lost, be it before: a server closes one that was idle for some seconds. */
  send(request: Buffer): Promise<number> {
    if (this.lost !== undefined) return Promise.reject(this.lost)
    return new Promise((resolve, reject) => {
      this.answered = resolve
      this.failed = reject
      this.socket.write(request)
    })
  }

  close(): void {
    this.failed = undefined
    this.socket.destroy()
  }

  private lose(cause: Error): void {
    this.lost ??= cause
    this.failed?.(this.lost)
  }

  private receive(chunk: Buffer): void {
    this.received = this.received.length === 0 ? chunk : Buffer.concat([this.received, chunk])
    const end = this.received.indexOf("\r\n\r\n")
    if (end === -1) return
    const head = this.received.toString("latin1", 0, end)
    const length = Number(/\r\ncontent-length: *(\d+)/i.exec(head)?.[1] ?? 0)
    if (this.received.length < end + 4 + length) return
    this.received = this.received.subarray(end + 4 + length)
    this.answered?.(Number(head.slice(9, 12)))
  }
}
