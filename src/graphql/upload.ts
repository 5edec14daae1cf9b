/**
 * A file of a GraphQL multipart request, already read into memory: sizes and number are capped before a byte is read,
 * so that services need no streams and may read the files in any order.
 */
export class UploadedFile {
  constructor(
    /** As the client named it: for messages only, never a path and never a proof of the type. */
    readonly filename: string,
    /** The file's bytes; the first `maxFileSize` of them where it was longer. */
    readonly bytes: Buffer,
    /** Whether the file was longer than `maxFileSize` and `bytes` therefore is cut. */
    readonly isTruncated: boolean,
  ) {}
}
