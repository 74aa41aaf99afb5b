import type { SinkSettings } from '../types.ts';
import { ocsfLinesSink } from './ocsf-lines.ts';
import { otlpSink } from './otlp.ts';
import type { Sink } from './sink.ts';
import { syslogSink } from './syslog.ts';

export function sinkFor(settings: SinkSettings): Sink {
  switch (settings.kind) {
    case 'otlp':
      return otlpSink(settings);
    case 'ocsf-lines':
      return ocsfLinesSink(settings);
    case 'syslog':
      return syslogSink(settings);
    default:
      return settings satisfies never;
  }
}
