/**
 * A folder's owner holds a Unix socket in it open. The kernel closes the socket with the process, however that ends, so
 * "somebody answers" is exactly "the owner lives": no process id that could have been given to another program since.
 */
import * as Fs from "node:fs/promises"
import * as Net from "node:net"
import * as Path from "node:path"

const socketOf = (folder: string) => Path.join(folder, "owner.sock")

/** Whether a living process owns the folder. */
export const isOwned = (folder: string): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = Net.connect(socketOf(folder))
    socket.once("connect", () => {
      socket.destroy()
      resolve(true)
    })
    socket.once("error", () => resolve(false))
  })

/** Owns the folder until this process ends. Rejects when another process owns it. */
export const own = async (folder: string): Promise<void> => {
  if (await isOwned(folder)) throw new Error(`another server already uses ${folder}`)
  await Fs.rm(socketOf(folder), { force: true })
  await new Promise<void>((resolve, reject) => {
    const server = Net.createServer((socket) => socket.destroy())
    server.once("error", reject)
    server.listen(socketOf(folder), resolve)
    server.unref()
  })
}
