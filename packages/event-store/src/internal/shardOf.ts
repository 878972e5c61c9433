/**
 * The shard that a stream falls to: FNV-1a over its UTF-16 code units. A rebuild that was begun rests on it, so it never
 * changes.
 */
export const shardOf = (stream: string, shards: number): number => {
  let hash = 0x811c9dc5
  for (let index = 0; index < stream.length; index++) hash = Math.imul(hash ^ stream.charCodeAt(index), 0x01000193)
  return (hash >>> 0) % shards
}
