import path from "node:path";
import { type AppendFile, closeQuietly, type FileLayer, prepareFile, publishFile } from "./file-layer.ts";
import { encodeJournalHeader, type JournalRecord, RecordEncoder } from "./journal-format.ts";
import { journalName } from "./store-files.ts";

/** The journal that grows: a file open at its end and the numbering of the statements in it. */
export class JournalWriter {
  readonly generation: number;
  readonly #file: AppendFile;
  readonly #encoder: RecordEncoder;
  /** Gives the file its name: the journal counts from then on. */
  readonly publish: () => Promise<void>;
  #bytes: number;

  private constructor(
    generation: number,
    file: AppendFile,
    publish: () => Promise<void>,
    encoder: RecordEncoder,
    bytes: number,
  ) {
    this.generation = generation;
    this.#file = file;
    this.publish = publish;
    this.#encoder = encoder;
    this.#bytes = bytes;
  }

  /** A new, empty journal that is on the disk under a temporary name only: `publish` makes it count. */
  static prepare(
    layer: FileLayer,
    folder: string,
    generation: number,
    firstSequence: number,
  ): Promise<JournalWriter> {
    return JournalWriter.#create(
      layer,
      folder,
      generation,
      encodeJournalHeader(generation, firstSequence),
      [],
    );
  }

  /**
   * Goes on with the intact content of a journal in a fresh file of the same name. The old file is never
   * appended to: when its last sync failed, the system may believe that lost pages are on the disk.
   */
  static async continue(
    layer: FileLayer,
    folder: string,
    generation: number,
    content: Uint8Array,
    knownStatements: readonly string[],
  ): Promise<JournalWriter> {
    const writer = await JournalWriter.#create(layer, folder, generation, content, knownStatements);
    try {
      await writer.publish();
      return writer;
    } catch (error) {
      await writer.close();
      throw error;
    }
  }

  static async #create(
    layer: FileLayer,
    folder: string,
    generation: number,
    content: Uint8Array,
    knownStatements: readonly string[],
  ): Promise<JournalWriter> {
    const location = path.join(folder, journalName(generation));
    const file = await prepareFile(layer, location, content);
    const publish = (): Promise<void> => publishFile(layer, location);
    return new JournalWriter(generation, file, publish, new RecordEncoder(knownStatements), content.length);
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** Appends records and syncs once. After a rejection the file must not be used again. */
  async append(records: readonly JournalRecord[]): Promise<void> {
    const data = Buffer.concat(records.map((record) => this.#encoder.encode(record)));
    await this.#file.append(data);
    await this.#file.sync();
    this.#bytes += data.length;
  }

  close(): Promise<void> {
    return closeQuietly(this.#file);
  }
}
