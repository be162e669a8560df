import type { ComponentChildren, JSX } from 'preact';

type MediaElement = JSX.HTMLAttributes<HTMLElement> & {
  readonly children?: ComponentChildren;
  readonly mediacontroller?: string;
  readonly notooltip?: boolean;
};

declare module 'preact' {
  namespace JSX {
    interface IntrinsicElements {
      'media-controller': MediaElement & {
        readonly fullscreenelement?: string;
        readonly gesturesdisabled?: boolean;
        readonly nomutedpref?: boolean;
        readonly novolumepref?: boolean;
        readonly noautoseektolive?: boolean;
        readonly defaultstreamtype?: 'live' | 'on-demand';
      };
      'media-control-bar': MediaElement;
      'media-play-button': MediaElement;
      'media-mute-button': MediaElement;
      'media-captions-button': MediaElement;
      'media-pip-button': MediaElement;
      'media-fullscreen-button': MediaElement;
      'media-time-range': MediaElement;
      'media-time-display': MediaElement & { readonly showduration?: boolean };
    }
  }
}
