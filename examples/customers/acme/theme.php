<?php
return ["theme" => "acme"];
