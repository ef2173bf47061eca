"""`hotline serve`, its AMI link led over another port: that of a wire that can be cut.

The port stands in the variable DRILL_AMI_PORT; all else is as people start it.
"""

import os
import sys
from dataclasses import replace

from acd.cli import serve
from acd.cli.main import main
from acd.pbx.asterisk.settings import AmiSettings
from acd.private_pbx import PrivatePbx


class WiredPbx(PrivatePbx):
    def ami_settings(self) -> AmiSettings:
        return replace(super().ami_settings(), port=int(os.environ["DRILL_AMI_PORT"]))


if __name__ == "__main__":
    setattr(serve, PrivatePbx.__name__, WiredPbx)
    sys.exit(main())
